export {
  type KnownHere,
  type LoadedWorkflow,
  readWorkflow,
  WORKFLOW_BYTES_MAX,
  type WorkflowTextFault,
} from './read-workflow.ts';
