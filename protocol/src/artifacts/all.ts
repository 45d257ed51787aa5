import { ActionRequest } from './action-request.ts';
import { ActionRules } from './action-rules.ts';
import { ApprovalToken } from './approval-token.ts';
import type { ArtifactDeclaration } from './artifact.ts';
import { ArtifactEnvelope } from './artifact-envelope.ts';
import { CommittedAction } from './committed-action.ts';
import { ForgetContent, HoldContent, ReleaseContent } from './content.ts';
import {
  ChangeEpoch,
  DomainGenesis,
  OpenDomain,
  RegisterPrincipal,
  RevokePrincipal,
} from './domain.ts';
import { ActionFacts } from './facts.ts';
import { FirewallDecisionReceipt } from './firewall-decision-receipt.ts';
import { Genesis } from './genesis.ts';
import { KeptArtifact } from './kept-artifact.ts';
import { CommitSummary, LogEntry } from './log-entry.ts';
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
  DomainGenesis,
  OpenDomain,
  RegisterPrincipal,
  RevokePrincipal,
  ChangeEpoch,
  RegisterContract,
  ActivatePolicy,
  DecideAction,
  RefuseCall,
  DenyAction,
  RecordExecution,
  ResyncClock,
  ArtifactEnvelope,
  KeptArtifact,
  ForgetContent,
  HoldContent,
  ReleaseContent,
];
