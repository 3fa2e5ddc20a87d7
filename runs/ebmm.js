#!/usr/bin/env node
// The installed command: TypeScript sources are run as they are.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
