import { RE2JS } from 're2js';

export type TextPattern = (text: string) => boolean;

/**
 * Compiles a pattern that is searched for in linear time, whatever the text. Patterns that need
 * more than a finite automaton (look-around, back-references) come back as a message.
 */
export function compilePattern(source: string): TextPattern | string {
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.test(text);
  } catch (cause) {
    // RE2JS reports a refused pattern by throwing; this is the one place that turns it round.
    return cause instanceof Error ? cause.message : 'the pattern is refused';
  }
}
