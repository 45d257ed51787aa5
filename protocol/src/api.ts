import type * as addOns from './http/add-ons.ts';
import type * as data from './http/data.ts';
import type { TypeOf } from './http/declare.ts';
import type * as domains from './http/domains.ts';
import type * as execution from './http/execution.ts';
import type * as log from './http/log.ts';
import type * as mcp from './http/mcp.ts';
import type * as models from './http/models.ts';
import type * as node from './http/node.ts';
import type * as organisation from './http/organisation.ts';
import type * as policy from './http/policy.ts';
import type { Problem as ProblemDeclared } from './http/problem.ts';
import type * as reads from './http/reads.ts';
import type * as roles from './http/roles.ts';
import type * as runParts from './http/run-parts.ts';
import type * as runs from './http/runs.ts';
import type * as search from './http/search.ts';
import type * as status from './http/status.ts';
import type * as wallet from './http/wallet.ts';
import type * as installs from './http/worker-installs.ts';
import type * as workers from './http/worker-runs.ts';
import type * as workflowRuns from './http/workflow-runs.ts';
import type * as workflows from './http/workflows.ts';
import type { FirewallDecisionReceipt } from './types.ts';

// What a node is asked and answers over its local socket, by HTTP. Types only, each from its
// declaration in `http/`, which says what it means; `schemas/openapi.json` is made of the same.

export type Problem = TypeOf<typeof ProblemDeclared>;

export type WitnessStatus = TypeOf<typeof status.WitnessStatus>;
export type NodeStatus = TypeOf<typeof status.NodeStatus>;
export type InboxPage = TypeOf<typeof status.InboxPage>;

export type LogPage = TypeOf<typeof log.LogPage>;
export type SearchPage = TypeOf<typeof search.SearchPage>;
export type Shown = TypeOf<typeof log.Shown>;
export type SmallestChange = TypeOf<typeof log.SmallestChange>;
export type Explanation = TypeOf<typeof log.Explanation>;
export type IncludedEntry = TypeOf<typeof log.IncludedEntry>;
export type ConsistencyProof = TypeOf<typeof log.ConsistencyProof>;

export type OrganisationStatus = TypeOf<typeof policy.OrganisationStatus>;
export type PolicyProposal = TypeOf<typeof policy.PolicyProposal>;
export type RuleTrace = TypeOf<typeof policy.RuleTrace>;
export type EffectiveQuestion = TypeOf<typeof policy.EffectiveQuestion>;
export type LayerVerdict = TypeOf<typeof policy.LayerVerdict>;
export type EffectivePolicy = TypeOf<typeof policy.EffectivePolicy>;
export type AcceptedBundle = TypeOf<typeof policy.AcceptedBundle>;
export type OrganisationSource = TypeOf<typeof organisation.OrganisationSource>;
export type OrganisationPage = TypeOf<typeof organisation.OrganisationPage>;
export type FollowOrganisation = TypeOf<typeof organisation.FollowOrganisation>;
export type RolesPage = TypeOf<typeof roles.RolesPage>;
export type RoleSessionView = TypeOf<typeof roles.RoleSessionView>;
export type SignInAsked = TypeOf<typeof roles.SignInAsked>;
export type SignInBegun = TypeOf<typeof roles.SignInBegun>;
export type SignInReturned = TypeOf<typeof roles.SignInReturned>;
export type RoleSessionOpened = TypeOf<typeof roles.RoleSessionOpened>;
/** Whose policy it is. */
export type Layer = NonNullable<FirewallDecisionReceipt['layer']>;

export type ToolStatus = TypeOf<typeof mcp.ToolStatus>;
export type ServerStatus = TypeOf<typeof mcp.ServerStatus>;
export type McpPage = TypeOf<typeof mcp.McpPage>;
export type SandboxState = TypeOf<typeof mcp.SandboxState>;
export type ToolDetail = TypeOf<typeof mcp.ToolDetail>;

export type ConnectedAgent = TypeOf<typeof node.ConnectedAgent>;
export type AgentsPage = TypeOf<typeof node.AgentsPage>;
export type MetricFamily = TypeOf<typeof node.MetricFamily>;
export type MetricsPage = TypeOf<typeof node.MetricsPage>;
export type NotedBackup = TypeOf<typeof node.NotedBackup>;
export type NotedProbe = TypeOf<typeof node.NotedProbe>;
export type Upkeep = TypeOf<typeof node.Upkeep>;

export type EntryPlace = TypeOf<typeof data.EntryPlace>;
export type DataOverview = TypeOf<typeof data.DataOverview>;
export type KeptContent = TypeOf<typeof data.KeptContent>;
export type SelectedContents = TypeOf<typeof data.SelectedContents>;
export type DataReceipt = TypeOf<typeof data.DataReceipt>;

export type StoreBytes = TypeOf<typeof domains.StoreBytes>;
export type DomainStatus = TypeOf<typeof domains.DomainStatus>;
export type DomainsPage = TypeOf<typeof domains.DomainsPage>;
export type OperationRequest = TypeOf<typeof domains.OperationRequest>;
export type SealedEntry = TypeOf<typeof domains.SealedEntry>;
export type ClassesPage = TypeOf<typeof domains.ClassesPage>;
export type ObjectsPage = TypeOf<typeof domains.ObjectsPage>;
export type ObjectAnswer = TypeOf<typeof domains.ObjectAnswer>;
export type EntryProof = TypeOf<typeof domains.EntryProof>;
export type VouchedReceipt = TypeOf<typeof domains.VouchedReceipt>;
export type ItemKind = TypeOf<typeof domains.ItemKind>;
export type ItemExplanation = TypeOf<typeof domains.ItemExplanation>;

export type ConsistencyLevel = TypeOf<typeof reads.ConsistencyLevel>;
export type QueryRequest = TypeOf<typeof reads.QueryRequest>;
export type ReadMark = TypeOf<typeof reads.ReadMark>;
export type ReadPrecondition = TypeOf<typeof reads.ReadPrecondition>;
export type QueryAnswer = TypeOf<typeof reads.QueryAnswer>;
export type ProjectionsPage = TypeOf<typeof reads.ProjectionsPage>;
export type SubscriptionEvents = TypeOf<typeof reads.SubscriptionEvents>;

export type ModelRoutes = TypeOf<typeof models.ModelRoutes>;
export type ModelAnswered = TypeOf<typeof models.ModelAnswered>;
export type RunCredential = TypeOf<typeof runs.RunCredential>;
export type RunModel = TypeOf<typeof runs.RunModel>;
export type ModelUse = TypeOf<typeof runs.ModelUse>;
export type RunAsked = TypeOf<typeof runs.RunAsked>;
export type RunOpened = TypeOf<typeof runs.RunOpened>;
export type EnforcementCoverage = TypeOf<typeof runs.EnforcementCoverage>;
export type RunVerdicts = TypeOf<typeof runs.RunVerdicts>;
export type RunCommitsFound = TypeOf<typeof runParts.RunCommitsFound>;
export type RunCommitsSeen = TypeOf<typeof runParts.RunCommitsSeen>;
export type RunPortTold = TypeOf<typeof runParts.RunPortTold>;
export type RunPortAsked = TypeOf<typeof runParts.RunPortAsked>;
export type RunLooked = TypeOf<typeof runParts.RunLooked>;
export type RunLeft = TypeOf<typeof runs.RunLeft>;
export type RunRecorded = TypeOf<typeof runParts.RunRecorded>;
export type RunMerge = TypeOf<typeof runs.RunMerge>;
export type RunSummary = TypeOf<typeof runs.RunSummary>;
export type LiveSession = TypeOf<typeof runs.LiveSession>;
export type SessionsPage = TypeOf<typeof runs.SessionsPage>;
export type Stopped = TypeOf<typeof runs.Stopped>;

export type ScopeRequestsPage = TypeOf<typeof wallet.ScopeRequestsPage>;
export type WantedScopes = TypeOf<typeof wallet.WantedScopes>;
export type SignedAuthority = TypeOf<typeof wallet.SignedAuthority>;
export type ShownGrant = TypeOf<typeof wallet.ShownGrant>;
export type ShownCertificate = TypeOf<typeof wallet.ShownCertificate>;
export type GrantsPage = TypeOf<typeof wallet.GrantsPage>;
export type CertificatesPage = TypeOf<typeof wallet.CertificatesPage>;
export type ApproversPage = TypeOf<typeof wallet.ApproversPage>;

export type WorkflowFault = TypeOf<typeof workflows.WorkflowFault>;
export type WorkflowListed = TypeOf<typeof workflows.WorkflowListed>;
export type WorkflowsPage = TypeOf<typeof workflows.WorkflowsPage>;
export type WorkflowCheck = TypeOf<typeof workflows.WorkflowCheck>;
export type WorkflowSaved = TypeOf<typeof workflows.WorkflowSaved>;
export type WorkflowRunAsked = TypeOf<typeof workflowRuns.WorkflowRunAsked>;
export type WorkflowRunStep = TypeOf<typeof workflowRuns.WorkflowRunStep>;
export type WorkflowRunListed = TypeOf<typeof workflowRuns.WorkflowRunListed>;
export type WorkflowRunStatus = TypeOf<typeof workflowRuns.WorkflowRunStatus>;
export type WorkflowRunMerge = TypeOf<typeof workflowRuns.WorkflowRunMerge>;
export type WorkflowRunsPage = TypeOf<typeof workflowRuns.WorkflowRunsPage>;
export type WorkflowRunArtifacts = TypeOf<typeof workflowRuns.WorkflowRunArtifacts>;
export type AddOnPackageAsked = TypeOf<typeof addOns.AddOnPackageAsked>;
export type AddOnPackageReview = TypeOf<typeof addOns.AddOnPackageReview>;
export type InstalledAddOn = TypeOf<typeof addOns.InstalledAddOn>;
export type InstalledAddOnsPage = TypeOf<typeof addOns.InstalledAddOnsPage>;
export type InstalledAddOnDetail = TypeOf<typeof addOns.InstalledAddOnDetail>;
export type WorkerPackageAsked = TypeOf<typeof installs.WorkerPackageAsked>;
export type WorkerPackageReview = TypeOf<typeof installs.WorkerPackageReview>;
export type InstalledWorker = TypeOf<typeof installs.InstalledWorker>;
export type InstalledWorkersPage = TypeOf<typeof installs.InstalledWorkersPage>;
export type InstalledWorkerDetail = TypeOf<typeof installs.InstalledWorkerDetail>;
export type WorkerRunAsked = TypeOf<typeof workers.WorkerRunAsked>;
export type ExecutionStatus = TypeOf<typeof execution.ExecutionStatus>;
export type WorkerRunStatus = TypeOf<typeof workers.WorkerRunStatus>;
export type WorkerRunsPage = TypeOf<typeof workers.WorkerRunsPage>;
export type WorkerRunStep = TypeOf<typeof workers.WorkerRunStep>;
export type WorkerRunTrace = TypeOf<typeof workers.WorkerRunTrace>;
export type WorkerRunReceipts = TypeOf<typeof workers.WorkerRunReceipts>;
export type WorkerRunArtifacts = TypeOf<typeof workers.WorkerRunArtifacts>;
export type WorkerRunScorecard = TypeOf<typeof workers.WorkerRunScorecard>;
