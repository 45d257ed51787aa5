import { ActionRequest } from './action-request.ts';
import { ActionRules } from './action-rules.ts';
import { AddOnInstallReceipt, AddOnManifest, InstallAddOn, RemoveAddOn } from './add-ons.ts';
import { ApprovalToken } from './approval-token.ts';
import { AgentStateArchiveEnvelope, RestoreReceiptEnvelope } from './archive-envelopes.ts';
import type { ArtifactDeclaration } from './artifact.ts';
import { ArtifactEnvelope } from './artifact-envelope.ts';
import {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
} from './authority-envelopes.ts';
import {
  AdvanceEpoch,
  DenyGrant,
  IssueCertificate,
  IssueGrant,
  RequestScopes,
  RevokeCertificate,
  RevokeGrant,
} from './authority-operations.ts';
import { ChangeSet } from './change-set.ts';
import { CommittedAction } from './committed-action.ts';
import { ConnectorManifest } from './connector-manifest.ts';
import { ConstraintDefinitionEnvelope, DropConstraint } from './constraint-definition-envelope.ts';
import { ForgetContent, HoldContent, ReleaseContent } from './content.ts';
import { CrossDomainRefEnvelope } from './cross-domain-ref-envelope.ts';
import {
  ChangeEpoch,
  ClusterRoster,
  DomainGenesis,
  OpenDomain,
  RegisterPrincipal,
  RevokePrincipal,
  SuccessionGrant,
} from './domain.ts';
import {
  AdmitExecutor,
  DismissExecutor,
  LeaseRun,
  ProposeStep,
  RenewLease,
  ReturnLease,
} from './execution-operations.ts';
import { ApproverSession, EnrollFactor, RevokeFactor, SetApprovalRules } from './factors.ts';
import { ActionFacts } from './facts.ts';
import { FaultProof } from './fault-proof.ts';
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
import {
  BeginGraphStep,
  CancelGraphRun,
  EndGraphRun,
  GraphStepArtifact,
  OpenGraphRun,
} from './graph-run-operations.ts';
import { IntentContractSchema } from './intent-contract-schema.ts';
import { IntentDefinition, IntentResolutionRequest, IntentRoute } from './intent-resolution.ts';
import {
  DropInvariant,
  InvariantCheckEnvelope,
  InvariantDefinition,
} from './invariant-check-envelope.ts';
import { KeptArtifact } from './kept-artifact.ts';
import { EnrollLevel } from './levels.ts';
import { CommitSummary, LogEntry } from './log-entry.ts';
import { ManifestEnvelope } from './manifest-envelope.ts';
import {
  FinishInvocation,
  InvokeModule,
  MountModule,
  RegisterModule,
  SwapModule,
} from './module-operations.ts';
import { BeginMove, CancelMove, FinishMove } from './move-operations.ts';
import { NetworkReceipt } from './network-receipt.ts';
import {
  DefineClass,
  DeleteObject,
  PatchObject,
  PutObject,
  TransactObjects,
} from './object-operations.ts';
import {
  ActivatePolicy,
  DecideAction,
  DenyAction,
  ExtendAction,
  RecordExecution,
  RefuseCall,
  RegisterContract,
  ResyncClock,
} from './operations.ts';
import { OrganisationPublication } from './organisation-publication.ts';
import { OrganisationSettings } from './organisation-settings.ts';
import { OwnerIdentity } from './owner-identity.ts';
import {
  EgressAllowlistReceipt,
  FirewallInterception,
  PiiDecisionReceiptEvent,
  RedactionManifest,
} from './pii.ts';
import {
  PktActionInvoke,
  PktActionResult,
  PktEnvelope,
  PktLeaseIssue,
  PktReceiptCommit,
} from './pkt-envelope.ts';
import {
  AcceptBundle,
  PinOrganisation,
  PolicyBundle,
  PolicyBundleFile,
  UnpinOrganisation,
} from './policy-bundle.ts';
import { PolicyEnvelope } from './policy-envelope.ts';
import { PreApproval } from './pre-approval.ts';
import {
  PostgresBridgeProjectionEnvelope,
  ProjectionCheckpoint,
  ProjectionDefinition,
} from './projection.ts';
import { ReceiptEnvelope } from './receipt-envelope.ts';
import { ReceiptPredicate } from './receipt-predicate.ts';
import { RecordCommits } from './record-commits.ts';
import { RecordRun } from './record-run.ts';
import { CloseRoleSession, OpenRoleSession, RoleSession } from './roles.ts';
import { RunEnvelope } from './run-envelope.ts';
import { RuntimeEventEnvelope } from './runtime-event-envelope.ts';
import { RuntimeToolContract } from './runtime-tool-contract.ts';
import {
  BackfillMigration,
  ProposeMigration,
  RollbackMigration,
  SchemaMigrationEnvelope,
} from './schema-migration-envelope.ts';
import { SessionLease } from './session-lease.ts';
import {
  IssueSessionLease,
  RevokeSessionLeases,
  SessionIssuer,
  SessionRevocations,
} from './session-operations.ts';
import { StateRootProof } from './state-root-proof.ts';
import { TaskEnvelope } from './task-envelope.ts';
import { ToolExecutionReceipt } from './tool-execution-receipt.ts';
import { TxIntent } from './tx-intent.ts';
import {
  CommitProposal,
  DecideProposal,
  SimulateProposal,
  SubmitProposal,
} from './upgrade-operations.ts';
import {
  InstallWorker,
  ManagedInvocationReceipt,
  ManagedWorkerInstanceEnvelope,
  RemoveWorker,
  WorkerInstallReceipt,
} from './worker-installs.ts';
import { WorkerManifest } from './worker-manifest.ts';
import {
  AnswerStep,
  EndWorkerRun,
  OpenWorkerRun,
  RunCompletionReceipt,
} from './worker-run-operations.ts';
import { WorkflowSchema } from './workflow-schema.ts';

/** Every artifact, in the order a reader meets them. */
export const artifacts: readonly ArtifactDeclaration[] = [
  ActionRequest,
  ActionFacts,
  ActionRules,
  PolicyEnvelope,
  RuntimeToolContract,
  ApproverSession,
  ApprovalToken,
  CommittedAction,
  FirewallDecisionReceipt,
  ToolExecutionReceipt,
  PiiDecisionReceiptEvent,
  RedactionManifest,
  FirewallInterception,
  EgressAllowlistReceipt,
  ReceiptEnvelope,
  ReceiptPredicate,
  AgentStateArchiveEnvelope,
  RestoreReceiptEnvelope,
  RuntimeEventEnvelope,
  Genesis,
  LogEntry,
  CommitSummary,
  StateRootProof,
  DomainGenesis,
  OpenDomain,
  RegisterPrincipal,
  RevokePrincipal,
  BeginMove,
  CancelMove,
  FinishMove,
  SuccessionGrant,
  ClusterRoster,
  ChangeEpoch,
  RegisterContract,
  ActivatePolicy,
  DecideAction,
  RefuseCall,
  DenyAction,
  ExtendAction,
  RecordExecution,
  ResyncClock,
  OrganisationSettings,
  PolicyBundle,
  PolicyBundleFile,
  OrganisationPublication,
  PreApproval,
  AcceptBundle,
  PinOrganisation,
  UnpinOrganisation,
  EnrollFactor,
  EnrollLevel,
  RevokeFactor,
  SetApprovalRules,
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
  DefineClass,
  PutObject,
  PatchObject,
  DeleteObject,
  TransactObjects,
  ConstraintDefinitionEnvelope,
  DropConstraint,
  InvariantDefinition,
  DropInvariant,
  InvariantCheckEnvelope,
  ProposeMigration,
  BackfillMigration,
  SchemaMigrationEnvelope,
  RollbackMigration,
  CrossDomainRefEnvelope,
  ArtifactEnvelope,
  KeptArtifact,
  ForgetContent,
  HoldContent,
  ReleaseContent,
  RecordRun,
  RecordCommits,
  RoleSession,
  OpenRoleSession,
  CloseRoleSession,
  TaskEnvelope,
  RunEnvelope,
  IntentContractSchema,
  OpenWorkerRun,
  AnswerStep,
  EndWorkerRun,
  RunCompletionReceipt,
  AdmitExecutor,
  DismissExecutor,
  LeaseRun,
  RenewLease,
  ProposeStep,
  ReturnLease,
  OpenGraphRun,
  BeginGraphStep,
  GraphStepArtifact,
  CancelGraphRun,
  EndGraphRun,
  InstallWorker,
  RemoveWorker,
  ManagedWorkerInstanceEnvelope,
  WorkerInstallReceipt,
  ManagedInvocationReceipt,
  AddOnManifest,
  InstallAddOn,
  RemoveAddOn,
  AddOnInstallReceipt,
  ChangeSet,
  ProjectionDefinition,
  ProjectionCheckpoint,
  PostgresBridgeProjectionEnvelope,
  NetworkReceipt,
  OwnerIdentity,
  SessionLease,
  IssueSessionLease,
  RevokeSessionLeases,
  SessionRevocations,
  SessionIssuer,
  FaultProof,
  AuthorityScopeRequestEnvelope,
  AuthorityGrantEnvelope,
  DelegationCertificate,
  RequestScopes,
  IssueGrant,
  DenyGrant,
  RevokeGrant,
  AdvanceEpoch,
  IssueCertificate,
  RevokeCertificate,
  IntentDefinition,
  IntentResolutionRequest,
  IntentRoute,
  PktEnvelope,
  PktLeaseIssue,
  PktActionInvoke,
  PktActionResult,
  PktReceiptCommit,
  ConnectorManifest,
  TxIntent,
  WorkflowSchema,
  WorkerManifest,
  ManifestEnvelope,
];
