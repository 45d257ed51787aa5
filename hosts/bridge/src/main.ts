import { setupSql } from './core/index.ts';
import { bridgePassword, endOn, startBridge } from './shell/start.ts';

/** `serve FOLDER DATA SOCKET HOST PORT SECONDS [DOMAIN…]`, `password FOLDER`, or `setup`. */
async function main([verb = '', folder = '', ...rest]: string[]): Promise<void> {
  if (verb === 'password') {
    console.log(JSON.stringify({ password: bridgePassword(folder) }));
    return;
  }
  if (verb === 'setup') {
    console.log(JSON.stringify({ sql: setupSql() }));
    return;
  }
  const [data = '', socket = '', host = '', port = '', seconds = '', ...submits] = rest;
  await startBridge({
    folder,
    data,
    socket,
    host,
    port: Number(port),
    patienceMs: Number(seconds) * 1_000,
    submits,
  });
}

main(process.argv.slice(2)).catch(endOn);
