/** @file Share: the address, and what is seen as a picture. */
import { useState } from 'preact/hooks';
import { figurePng, figureSvg, save } from '../figure.ts';
import { problem, spoken } from '../state.ts';
import { Icon } from './icons.tsx';

async function guarded(step: () => Promise<void> | void): Promise<void> {
  try {
    await step();
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

export function Share() {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    guarded(async () => {
      await navigator.clipboard.writeText(location.href).catch(() => {
        throw new Error('the browser does not let the page copy; take the address from its address bar');
      });
      setCopied(true);
      spoken.value = 'Address copied.';
      setTimeout(() => setCopied(false), 2000);
    });
  return (
    <>
      <button type="button" class="quiet" popovertarget="share" aria-label="Share">
        <Icon name="share" />
      </button>
      <div id="share" class="menu" popover="auto">
        <button type="button" class="quiet" onClick={copy}>
          {copied ? 'Copied' : 'Copy the address of this state'}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => guarded(async () => save(await figurePng(), 'recall.png'))}
        >
          Save as PNG
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() =>
            guarded(() => save(new Blob([figureSvg()], { type: 'image/svg+xml' }), 'recall.svg'))
          }
        >
          Save as SVG
        </button>
      </div>
    </>
  );
}
