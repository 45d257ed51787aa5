export { isModelContract, MODEL_SERVER, modelContract } from './model-contract.ts';
