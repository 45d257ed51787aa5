export { type BudgetView, DAY_MS, dayBudgetId, rateBudgetId, sessionBudgetId } from './budgets.ts';
export { canonicalize, policyHash } from './canonicalize.ts';
export { printChainTime } from './chain-time.ts';
export { type CompiledPolicy, compilePolicy } from './compile.ts';
export { type Contradiction, contradictionIn } from './contradictions.ts';
export type { Decision } from './decision.ts';
export { evaluate } from './evaluate.ts';
export { type PolicyTestResult, runPolicyTests } from './examples.ts';
export {
  type ExplainedCondition,
  type ExplainedRule,
  type Explanation,
  explain,
} from './explain.ts';
export type { PolicyCode, PolicyError } from './faults.ts';
export * from './inclusion/index.ts';
export { joinLayers, type NamedLayer } from './join-layers.ts';
export { toPlainJson } from './jsonc.ts';
export {
  budgetIdsIn,
  type Ceiling,
  decideLayers,
  type LayeredDecision,
  type Layers,
  policiesIn,
} from './layers.ts';
export { type LoadedPolicy, loadPolicy } from './load.ts';
export { readTotal, scaleAmount } from './money.ts';
export { MOST_PAUSE_MS } from './observe.ts';
export { evaluateReference, referenceOf } from './reference.ts';
export { hostOfRequest, type Subject, subjectOf } from './subject.ts';
export { assumptionsOf, textPatternsOf } from './text-patterns.ts';
export { type Contents, referredTexts } from './texts.ts';
