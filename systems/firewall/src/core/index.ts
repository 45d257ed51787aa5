export { argumentsOf, metaOf, type ResolvedPaths, type ToolArguments } from './arguments.ts';
export { type Decided, type DecisionInput, decide } from './decide.ts';
export { type Gated, gate, type UnsealedReceipt } from './gate.ts';
export {
  type NormalisedCall,
  normaliseCall,
  normaliseWithPauses,
  type ToolCall,
} from './normalise.ts';
export type { Payload, PayloadLookup } from './payloads.ts';
export * from './provenance/index.ts';
