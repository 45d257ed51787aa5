import { ActionRequest } from './action-request.ts';
import { ActionRules } from './action-rules.ts';
import { ApprovalToken } from './approval-token.ts';
import type { ArtifactDeclaration } from './artifact.ts';
import { CommittedAction } from './committed-action.ts';
import { ActionFacts } from './facts.ts';
import { FirewallDecisionReceipt } from './firewall-decision-receipt.ts';
import { Genesis } from './genesis.ts';
import {
  AutonomousSystemChainEnvelope,
  HypervisorNodeEnvelope,
  ModelDeploymentProfileEnvelope,
  MutationJustification,
  ServiceModuleManifestEnvelope,
} from './governance-envelopes.ts';
import {
  AdvanceChain,
  AnnounceNode,
  CloseSession,
  CreateChain,
  OpenSession,
  RecordSettlement,
  StepSession,
} from './governance-operations.ts';
import {
  Commitment,
  LocalSettlementReceipt,
  ModuleInvocationReceipt,
  MutationReceipt,
  SessionReceipt,
  UpgradeDecisionReceipt,
  UpgradeProposalReceipt,
} from './governance-receipts.ts';
import { CommitSummary, LogEntry } from './log-entry.ts';
import {
  FinishInvocation,
  InvokeModule,
  MountModule,
  RegisterModule,
  SwapModule,
} from './module-operations.ts';
import {
  ActivatePolicy,
  DecideAction,
  DenyAction,
  RecordExecution,
  RefuseCall,
  RegisterContract,
  ResyncClock,
} from './operations.ts';
import { PolicyEnvelope } from './policy-envelope.ts';
import { ReceiptEnvelope } from './receipt-envelope.ts';
import { RuntimeEventEnvelope } from './runtime-event-envelope.ts';
import { RuntimeToolContract } from './runtime-tool-contract.ts';
import { ToolExecutionReceipt } from './tool-execution-receipt.ts';
import {
  CommitProposal,
  DecideProposal,
  SimulateProposal,
  SubmitProposal,
} from './upgrade-operations.ts';

/** Every artifact, in the order a reader meets them. */
export const artifacts: readonly ArtifactDeclaration[] = [
  ActionRequest,
  ActionFacts,
  ActionRules,
  PolicyEnvelope,
  RuntimeToolContract,
  ApprovalToken,
  CommittedAction,
  FirewallDecisionReceipt,
  ToolExecutionReceipt,
  ReceiptEnvelope,
  RuntimeEventEnvelope,
  Genesis,
  LogEntry,
  CommitSummary,
  RegisterContract,
  ActivatePolicy,
  DecideAction,
  RefuseCall,
  DenyAction,
  RecordExecution,
  ResyncClock,
  AutonomousSystemChainEnvelope,
  HypervisorNodeEnvelope,
  ServiceModuleManifestEnvelope,
  ModelDeploymentProfileEnvelope,
  MutationJustification,
  ModuleInvocationReceipt,
  UpgradeProposalReceipt,
  UpgradeDecisionReceipt,
  MutationReceipt,
  LocalSettlementReceipt,
  SessionReceipt,
  Commitment,
  AnnounceNode,
  CreateChain,
  AdvanceChain,
  RegisterModule,
  MountModule,
  InvokeModule,
  FinishInvocation,
  SubmitProposal,
  SimulateProposal,
  DecideProposal,
  CommitProposal,
  SwapModule,
  RecordSettlement,
  OpenSession,
  StepSession,
  CloseSession,
];
