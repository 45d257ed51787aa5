export * from './artifacts.ts';
export { runBudgetSequence } from './budget-sequences.ts';
export { DelegationGround, type DelegationTree } from './delegation-trees.ts';
export { mailContract, mailPolicy, type Outgoing, outgoing } from './outgoing.ts';
export { type LabelledSpan, type LabelledText, labelledTexts, scoreOf } from './pii-texts.ts';
export { pathsIn, replaced } from './places.ts';
export { govern, richLog, smallLog } from './sample-logs.ts';
export { sampleObjects, sampleService, serviceClass } from './sample-objects.ts';
export { signBatch } from './sign-batch.ts';
export { type Aspect, type SmallPair, searchWidening, smallPair } from './small-universe.ts';
export { type Asked, TestAgent } from './test-agent.ts';
export { TestApprovers, unsignedOf } from './test-approvers.ts';
export { testCertificate } from './test-certificate.ts';
export { TestDomain } from './test-domain.ts';
export { justification, manifestOf, TestGovernor } from './test-governor.ts';
export {
  INSTALLED_ID,
  INSTALLED_RUN,
  INSTALLED_SCHEMA,
  installedOpening,
  PUBLISHERS,
  TestInstalls,
  workerManifest,
} from './test-installs.ts';
export { type DraftedEpoch, readEntry, TestNode, type TestNodeOptions } from './test-node.ts';
export { TestOrganisation } from './test-organisation.ts';
export { AGENT, scopedPay, scopedWrite, TestOwner } from './test-owner.ts';
export { type Tampering, TestPasskey } from './test-passkey.ts';
export { type Forging, TestProvider } from './test-provider.ts';
export * from './typed-text.ts';
export { workerOpening } from './worker-opening.ts';
