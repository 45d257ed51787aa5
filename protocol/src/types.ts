import type { Static } from 'typebox';
import type * as request from './artifacts/action-request.ts';
import type * as rules from './artifacts/action-rules.ts';
import type * as token from './artifacts/approval-token.ts';
import type * as attached from './artifacts/artifact-envelope.ts';
import type * as committed from './artifacts/committed-action.ts';
import type * as constraint from './artifacts/constraint-definition-envelope.ts';
import type * as content from './artifacts/content.ts';
import type * as reference from './artifacts/cross-domain-ref-envelope.ts';
import type * as domain from './artifacts/domain.ts';
import type * as facts from './artifacts/facts.ts';
import type * as fault from './artifacts/fault-proof.ts';
import type * as decision from './artifacts/firewall-decision-receipt.ts';
import type * as genesis from './artifacts/genesis.ts';
import type * as governed from './artifacts/governance-envelopes.ts';
import type * as governing from './artifacts/governance-operations.ts';
import type * as governance from './artifacts/governance-receipts.ts';
import type * as resolution from './artifacts/intent-resolution.ts';
import type * as invariant from './artifacts/invariant-check-envelope.ts';
import type * as kept from './artifacts/kept-artifact.ts';
import type * as entry from './artifacts/log-entry.ts';
import type * as modules from './artifacts/module-operations.ts';
import type * as objects from './artifacts/object-operations.ts';
import type * as operations from './artifacts/operations.ts';
import type * as pii from './artifacts/pii.ts';
import type * as envelope from './artifacts/policy-envelope.ts';
import type * as primitives from './artifacts/primitives.ts';
import type * as projection from './artifacts/projection.ts';
import type * as receipt from './artifacts/receipt-envelope.ts';
import type * as event from './artifacts/runtime-event-envelope.ts';
import type * as contract from './artifacts/runtime-tool-contract.ts';
import type * as migration from './artifacts/schema-migration-envelope.ts';
import type * as session from './artifacts/session-lease.ts';
import type * as proof from './artifacts/state-root-proof.ts';
import type * as execution from './artifacts/tool-execution-receipt.ts';
import type * as upgrades from './artifacts/upgrade-operations.ts';

/** Types only: nothing here loads the schema library at run time. */
export type ActionRequest = Static<typeof request.ActionRequest.schema>;
export type ActionRules = Static<typeof rules.ActionRules.schema>;
export type ActionFacts = Static<typeof facts.ActionFacts.schema>;
export type PolicyEnvelope = Static<typeof envelope.PolicyEnvelope.schema>;
export type ApprovalToken = Static<typeof token.ApprovalToken.schema>;
export type CommittedAction = Static<typeof committed.CommittedAction.schema>;
export type Reservation = Static<typeof committed.Reservation>;
export type PiiDecisionReceiptEvent = Static<typeof pii.PiiDecisionReceiptEvent.schema>;
export type FirewallInterception = Static<typeof pii.FirewallInterception.schema>;
export type EgressAllowlistReceipt = Static<typeof pii.EgressAllowlistReceipt.schema>;
export type FirewallDecisionReceipt = Static<typeof decision.FirewallDecisionReceipt.schema>;
export type ToolExecutionReceipt = Static<typeof execution.ToolExecutionReceipt.schema>;
export type RrsaMarkers = Static<typeof execution.RrsaMarkers>;
export type ReceiptEnvelope = Static<typeof receipt.ReceiptEnvelope.schema>;
export type RuntimeEventEnvelope = Static<typeof event.RuntimeEventEnvelope.schema>;
export type RuntimeToolContract = Static<typeof contract.RuntimeToolContract.schema>;
export type Genesis = Static<typeof genesis.Genesis.schema>;
export type LogEntry = Static<typeof entry.LogEntry.schema>;
export type CommitSummary = Static<typeof entry.CommitSummary.schema>;
export type Money = Static<typeof primitives.Money>;
export type RegisterContract = Static<typeof operations.RegisterContract.schema>;
export type ActivatePolicy = Static<typeof operations.ActivatePolicy.schema>;
export type DecideAction = Static<typeof operations.DecideAction.schema>;
export type RefuseCall = Static<typeof operations.RefuseCall.schema>;
export type DenyAction = Static<typeof operations.DenyAction.schema>;
export type RecordExecution = Static<typeof operations.RecordExecution.schema>;
export type ResyncClock = Static<typeof operations.ResyncClock.schema>;
export type DefineClass = Static<typeof objects.DefineClass.schema>;
export type PutObject = Static<typeof objects.PutObject.schema>;
export type PatchObject = Static<typeof objects.PatchObject.schema>;
export type DeleteObject = Static<typeof objects.DeleteObject.schema>;
export type ObjectStep = Static<typeof objects.ObjectStep>;
export type TransactObjects = Static<typeof objects.TransactObjects.schema>;
export type ConstraintDefinitionEnvelope = Static<
  typeof constraint.ConstraintDefinitionEnvelope.schema
>;
export type DropConstraint = Static<typeof constraint.DropConstraint.schema>;
export type InvariantDefinition = Static<typeof invariant.InvariantDefinition.schema>;
export type DropInvariant = Static<typeof invariant.DropInvariant.schema>;
export type InvariantCheckEnvelope = Static<typeof invariant.InvariantCheckEnvelope.schema>;
export type TransformStep = Static<typeof migration.TransformStep>;
export type ProposeMigration = Static<typeof migration.ProposeMigration.schema>;
export type BackfillMigration = Static<typeof migration.BackfillMigration.schema>;
export type RollbackMigration = Static<typeof migration.RollbackMigration.schema>;
export type SchemaMigrationEnvelope = Static<typeof migration.SchemaMigrationEnvelope.schema>;
export type CrossDomainRefEnvelope = Static<typeof reference.CrossDomainRefEnvelope.schema>;
export type ArtifactEnvelope = Static<typeof attached.ArtifactEnvelope.schema>;
export type ProjectionDefinition = Static<typeof projection.ProjectionDefinition.schema>;
export type ProjectionCheckpoint = Static<typeof projection.ProjectionCheckpoint.schema>;
export type SessionLease = Static<typeof session.SessionLease.schema>;
export type FaultProof = Static<typeof fault.FaultProof.schema>;
export type IntentDefinition = Static<typeof resolution.IntentDefinition.schema>;
export type IntentResolutionRequest = Static<typeof resolution.IntentResolutionRequest.schema>;
export type IntentRoute = Static<typeof resolution.IntentRoute.schema>;
export type HybridPublicKey = Static<typeof primitives.HybridPublicKey>;
export type IsolationTier = NonNullable<ReceiptEnvelope['isolation_tier']>;
export type AutonomousSystemChainEnvelope = Static<
  typeof governed.AutonomousSystemChainEnvelope.schema
>;
export type HypervisorNodeEnvelope = Static<typeof governed.HypervisorNodeEnvelope.schema>;
export type ServiceModuleManifestEnvelope = Static<
  typeof governed.ServiceModuleManifestEnvelope.schema
>;
export type ModelDeploymentProfileEnvelope = Static<
  typeof governed.ModelDeploymentProfileEnvelope.schema
>;
export type MutationJustification = Static<typeof governed.MutationJustification.schema>;
export type ModuleInvocationReceipt = Static<typeof governance.ModuleInvocationReceipt.schema>;
export type UpgradeProposalReceipt = Static<typeof governance.UpgradeProposalReceipt.schema>;
export type UpgradeDecisionReceipt = Static<typeof governance.UpgradeDecisionReceipt.schema>;
export type MutationReceipt = Static<typeof governance.MutationReceipt.schema>;
export type LocalSettlementReceipt = Static<typeof governance.LocalSettlementReceipt.schema>;
export type SessionReceipt = Static<typeof governance.SessionReceipt.schema>;
export type Commitment = Static<typeof governance.Commitment.schema>;
export type AnnounceNode = Static<typeof governing.AnnounceNode.schema>;
export type CreateChain = Static<typeof governing.CreateChain.schema>;
export type AdvanceChain = Static<typeof governing.AdvanceChain.schema>;
export type RegisterModule = Static<typeof modules.RegisterModule.schema>;
export type MountModule = Static<typeof modules.MountModule.schema>;
export type InvokeModule = Static<typeof modules.InvokeModule.schema>;
export type FinishInvocation = Static<typeof modules.FinishInvocation.schema>;
export type SubmitProposal = Static<typeof upgrades.SubmitProposal.schema>;
export type SimulateProposal = Static<typeof upgrades.SimulateProposal.schema>;
export type DecideProposal = Static<typeof upgrades.DecideProposal.schema>;
export type CommitProposal = Static<typeof upgrades.CommitProposal.schema>;
export type SwapModule = Static<typeof modules.SwapModule.schema>;
export type RecordSettlement = Static<typeof governing.RecordSettlement.schema>;
export type OpenSession = Static<typeof governing.OpenSession.schema>;
export type StepSession = Static<typeof governing.StepSession.schema>;
export type CloseSession = Static<typeof governing.CloseSession.schema>;
export type UpgradeTarget = Static<typeof governance.UpgradeTarget>;
export type InclusionResult = Static<typeof governance.InclusionResult>;

/** What each type of receipt carries. */
export type ReceiptBodies = {
  readonly policy: FirewallDecisionReceipt;
  readonly tool_execution: ToolExecutionReceipt;
  readonly module_invocation: ModuleInvocationReceipt;
  readonly upgrade: UpgradeProposalReceipt | UpgradeDecisionReceipt;
  readonly mutation: MutationReceipt;
  readonly settlement: LocalSettlementReceipt;
  readonly session: SessionReceipt;
};
export type ReceiptType = keyof ReceiptBodies;
/** A ReceiptEnvelope of certain types, with the bodies that go with them. */
export type ReceiptOf<T extends ReceiptType> = T extends ReceiptType
  ? Omit<ReceiptEnvelope, 'receipt_type' | 'body'> & {
      readonly receipt_type: T;
      readonly body: ReceiptBodies[T];
    }
  : never;
export type DomainGenesis = Static<typeof domain.DomainGenesis.schema>;
export type OpenDomain = Static<typeof domain.OpenDomain.schema>;
export type RegisterPrincipal = Static<typeof domain.RegisterPrincipal.schema>;
export type RevokePrincipal = Static<typeof domain.RevokePrincipal.schema>;
export type ChangeEpoch = Static<typeof domain.ChangeEpoch.schema>;
export type StateRootProof = Static<typeof proof.StateRootProof.schema>;
export type KeptArtifact = Static<typeof kept.KeptArtifact.schema>;
export type ArtifactClass = KeptArtifact['artifact_class'];
export type ForgetContent = Static<typeof content.ForgetContent.schema>;
export type HoldContent = Static<typeof content.HoldContent.schema>;
export type ReleaseContent = Static<typeof content.ReleaseContent.schema>;
