/** @file Patterns of one's own: drawn by hand, or dropped as files. */
import { Icon } from './icons.tsx';

export function Own() {
  return (
    <div class="row own">
      <button type="button" class="quiet">
        <Icon name="draw" /> Draw
      </button>
    </div>
  );
}
