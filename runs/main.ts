#!/usr/bin/env node
/** @file The program `ebmm`: looks at the version of Node before anything is loaded that needs a later one. */
const LEAST = [20, 19] as const;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(`ebmm: needs Node ${LEAST.join('.')} or later, but this is ${process.version}`);
  process.exitCode = 1;
} else {
  await import('./program.ts');
}

export {};
