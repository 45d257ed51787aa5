export { asksModel, MODEL_SERVER, modelContract } from './model-contract.ts';
