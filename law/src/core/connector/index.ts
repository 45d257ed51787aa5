export { evmTools } from './evm-tools.ts';
export { type LeftOut, type ReadConnector, readOpenapi } from './openapi.ts';
export {
  type ConnectorOperation,
  type ConnectorTool,
  connectorContract,
  operationIn,
  type SshOperation,
} from './operation.ts';
export { type HttpRequest, httpRequestOf } from './request.ts';
export { sshTools } from './ssh-tools.ts';
