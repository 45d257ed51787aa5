export {
  NOTHING_TRANSLATED,
  readAnswer,
  type Translating,
  type Translation,
  translateEnd,
  translateFault,
  translateLine,
  writeAnswer,
} from './answers.ts';
export { readQuestion, type Spoken, shortHash, writeQuestion } from './questions.ts';
