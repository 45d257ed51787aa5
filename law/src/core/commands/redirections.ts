import {
  giveUp,
  innerText,
  misunderstand,
  type Redirection,
  type Scan,
  skipBlanks,
  type Word,
} from './scan.ts';
import { readDouble, readWord } from './words.ts';

const OPERATOR = /&>>|&>|<<<|<<-|<<|<&|<>|<|>>|>&|>\||>/y;

type Inputs = { readonly redirections: Redirection[]; readonly texts: Word[] };

/** Whether one begins here; then it is read, and its path or text, if it has one, is added. */
export function readRedirection(scan: Scan, inputs: Inputs): boolean {
  OPERATOR.lastIndex = scan.at;
  const operator = OPERATOR.exec(scan.text)?.[0];
  if (operator === undefined) return false;
  // `<(` and `>(` are words; `<<(` and the like are nothing that anybody writes.
  if (operator.length === 1 && scan.text[scan.at + 1] === '(') return false;
  scan.at += operator.length;
  // What follows on the next line may still be part of the operator.
  if (scan.text.startsWith('\\\n', scan.at)) misunderstand(scan);
  skipBlanks(scan);
  if (operator === '<<' || operator === '<<-') {
    announce(scan, operator === '<<-', inputs.texts);
    return true;
  }
  const word = readWord(scan);
  if (word === undefined) {
    misunderstand(scan);
    return true;
  }
  if (operator === '<<<') {
    inputs.texts.push(word.text);
    return true;
  }
  const isCopy = operator.endsWith('&') && word.text !== undefined;
  if (isCopy && /^(?:[0-9]+-?|-)$/.test(word.text)) return true;
  const kind = operator === '<>' ? 'both' : operator.startsWith('<') ? 'read' : 'write';
  inputs.redirections.push({ kind, path: word.text });
  return true;
}

function announce(scan: Scan, dropsTabs: boolean, texts: Word[]): void {
  const start = scan.at;
  const word = readWord(scan);
  // Shells differ about quoting that begins with a dollar.
  if (word?.text === undefined || scan.text.slice(start, scan.at).includes('$')) {
    giveUp(scan);
    return;
  }
  scan.documents.push({ delimiter: word.text, dropsTabs, isQuoted: word.isQuoted, texts });
}

/** Reads the documents announced on the line before. What is substituted in them runs. */
export function readDocuments(scan: Scan): void {
  const documents = scan.documents;
  scan.documents = [];
  for (const { delimiter, dropsTabs, isQuoted, texts } of documents) {
    const start = scan.at;
    let end = -1;
    while (end < 0) {
      if (scan.at >= scan.text.length) {
        misunderstand(scan);
        return;
      }
      const from = scan.at;
      const stop = scan.text.indexOf('\n', from);
      const line = scan.text.slice(from, stop < 0 ? undefined : stop);
      scan.at = stop < 0 ? scan.text.length : stop + 1;
      if ((dropsTabs ? line.replace(/^\t+/, '') : line) === delimiter) end = from;
      // Shells join such a line with the next before they look for the delimiter.
      else if (!isQuoted && line.endsWith('\\')) misunderstand(scan);
    }
    const text = scan.text.slice(start, end);
    let body: Word = isQuoted ? text : undefined;
    if (!isQuoted) {
      innerText(scan, text, (inner) => {
        body = readDouble(inner, undefined);
      });
    }
    texts.push(body);
  }
}
