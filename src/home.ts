/** @file The user's folder, which a user that the system does not know may not have. */
import { homedir } from 'node:os';

/** HOME, or what the system says; undefined where it says nothing. */
export function homeOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
