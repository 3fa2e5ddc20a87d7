/** @file The page's icons, as paths on a square of 24. */
const PATHS = {
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M7 5h3.6v14H7zM13.4 5H17v14h-3.6z',
  back: 'M18 5v14l-9-7zM6 5h2.4v14H6z',
  forward: 'M6 5v14l9-7zM15.6 5H18v14h-2.4z',
  again: 'M12 5a7 7 0 1 1-6.6 4.7l1.9.7A5 5 0 1 0 12 7v3L7.5 6 12 2z',
  share:
    'M18 15.5a3 3 0 0 0-2.3 1.1L8.9 13a3 3 0 0 0 0-2l6.8-3.6A3 3 0 1 0 15 5.5l.1.6-6.8 3.6a3 3 0 1 0 0 4.6l6.8 3.6a3 3 0 1 0 2.9-2.4z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 2h2v3h-2zM11 19h2v3h-2zM2 11h3v2H2zM19 11h3v2h-3zM5.6 4.2l2.1 2.1-1.4 1.4-2.1-2.1zM17.7 16.3l2.1 2.1-1.4 1.4-2.1-2.1zM18.4 4.2l1.4 1.4-2.1 2.1-1.4-1.4zM6.3 16.3l1.4 1.4-2.1 2.1-1.4-1.4z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  noise:
    'M4 4h4v4H4zM12 4h4v4h-4zM8 8h4v4H8zM16 8h4v4h-4zM4 12h4v4H4zM12 12h4v4h-4zM8 16h4v4H8zM16 16h4v4h-4z',
  erase: 'M15 3.5 20.5 9l-9 9.5H20v2H7.5L3.5 16.500z M9 10.500l-3 3.200a2 2 0 0 0 0 2.800l2 2h1l4.500-4.700z',
  ink: 'M4 20l1-4.500L16.500 4l3.500 3.500L8.500 19z',
  known:
    'M12 2l8 3v6c0 5-3.400 9-8 11-4.600-2-8-6-8-11V5zM10.800 15.600l6-6-1.400-1.400-4.600 4.600-2.200-2.200-1.400 1.400z',
  unknown:
    'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm-.9 15.500h2v-2h-2zm4-7.600c0 2-2.200 2.600-2.200 4.100h-1.700c0-2.500 2-2.900 2-4.100a1.300 1.300 0 0 0-2.600 0H8.900a3.100 3.100 0 0 1 6.200 0z',
  draw: 'M4 20l1-4.500L16.500 4l3.500 3.500L8.500 19z',
  drop: 'M11 4h2v8l3-3 1.400 1.400L12 15.800l-5.400-5.400L8 9l3 3zM4 18h16v2H4z',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} fill-rule="evenodd" />
  </svg>
);
