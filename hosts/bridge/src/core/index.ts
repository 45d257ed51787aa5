export type { AwaitedSeq } from './admit.ts';
export { isReadEncoding, isSetting } from './admit.ts';
export { AnswerEnd } from './answer-end.ts';
export {
  answersIn,
  errorMessage,
  keyMessage,
  parameterMessage,
  readyMessage,
  type SqlError,
  splitAtReady,
} from './answers.ts';
export {
  aboutSql,
  DATABASE,
  declaredSql,
  engineSql,
  READER,
  watermarkSql,
  writtenBy,
} from './engine-sql.ts';
export { unconfinedSql } from './reader-rights.ts';
export { NODE_SCHEMA, schemaName, tablesOf } from './schema-names.ts';
export {
  droppedSql,
  identityOf,
  KEPT_SQL,
  type Kept,
  keepSql,
  keptIn,
  SERVER_READER,
  setupSql,
} from './server-sql.ts';
export { SessionState } from './session-state.ts';
export {
  closedTo,
  NODE_AWAY,
  operationIn,
  placeOfSealed,
  sqlErrorOf,
  UNKNOWN,
} from './submission-answer.ts';
export { type BridgeTable, planRows, quotedText, tableSql } from './table-rows.ts';
export type { Answer, Status, Unit } from './unit.ts';
export {
  BodyReader,
  int32Part,
  joinBytes,
  type Message,
  MessageReader,
  messageOf,
  settingMessages,
  statementMessages,
  textPart,
} from './wire.ts';
