export { costOf, type ModelCost, mostCost, type TokenUsage } from './metering.ts';
export {
  asksModel,
  MODEL_SERVER,
  modelContract,
  passedContract,
  passesModel,
} from './model-contract.ts';
export {
  MODELS_PLACE,
  type NotPassed,
  type PassedQuestion,
  readPassed,
} from './passed-question.ts';
export {
  isAnswerOf,
  isRefusal,
  type ModelMessage,
  type ModelQuestion,
  modelAnswerOf,
  modelKeyHeader,
  modelRequestOf,
  type ProviderAnswer,
  type ProviderRequest,
  passedAnswerOf,
} from './provider-shapes.ts';
export {
  NOTHING_STREAMED,
  type StreamedAnswer,
  streamedAnswerOf,
  takeLine as takeModelLine,
} from './provider-streams.ts';
export {
  candidateNamed,
  type ModelCandidate,
  type ModelPrice,
  modelKeysOf,
  nameOfCandidate,
  type ProviderShape,
  type RoutingTable,
  wrongInModels,
} from './routing-table.ts';
export {
  isAsSealed,
  LONGEST_ANSWER,
  type SaidQuestion,
  saidRequestOf,
  sentTo,
  translationOf,
} from './translated-question.ts';
export {
  NOTHING_TRANSLATED,
  readAnswer,
  type Translating,
  type Translation,
  translateEnd,
  translateFault,
  translateLine,
  writeAnswer,
} from './words/index.ts';
