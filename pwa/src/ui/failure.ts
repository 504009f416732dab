//! What went wrong, said in passing. Little does: the words are loaded when they are needed.
import { say } from './components';

export async function sayFailure(code: string): Promise<void> {
  const { failureText } = await import('./door/failure');
  say(failureText(code), 'wrong');
}
