/** @file Files dropped anywhere on the page. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { takeFiles } from '../files.ts';

const over = signal(false);

export function Drop() {
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const move = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) over.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = false;
      void takeFiles(Array.from(event.dataTransfer?.files ?? []));
    };
    addEventListener('dragover', move);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', move);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  if (!over.value) return null;
  return (
    <div class="dropping">
      <p>
        <b>Pictures</b> or <b>.npy</b> become patterns; <b>.safetensors</b> with its <b>config.json</b>{' '}
        becomes the memory.
      </p>
    </div>
  );
}
