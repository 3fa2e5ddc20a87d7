/** @file A slider with its name before it and, where there is something to say, its value behind it. */
import type { ComponentChildren } from 'preact';

interface SliderProps {
  label: string;
  min: number;
  max: number;
  step?: number;
  value: number;
  disabled?: boolean;
  /** Called while it moves. */
  moving?: (value: number) => void;
  /** Called when it is let go. */
  set?: (value: number) => void;
  /** Said behind it; default nothing. */
  children?: ComponentChildren;
  class?: string;
}

export function Slider(props: SliderProps) {
  const { label, moving, set, children, class: name = '', ...range } = props;
  const told = (tell?: (value: number) => void) =>
    tell && ((event: { currentTarget: HTMLInputElement }) => tell(Number(event.currentTarget.value)));
  return (
    <label class={`slider ${name}`}>
      <span>{label}</span>
      <input type="range" {...range} onInput={told(moving)} onChange={told(set)} />
      {children !== undefined && <output>{children}</output>}
    </label>
  );
}
