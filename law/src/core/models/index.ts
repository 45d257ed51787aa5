export { costOf, type ModelCost, mostCost, type TokenUsage } from './metering.ts';
export { asksModel, MODEL_SERVER, modelContract } from './model-contract.ts';
export {
  type ModelMessage,
  type ModelQuestion,
  modelAnswerOf,
  modelKeyHeader,
  modelRequestOf,
  type ProviderAnswer,
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
