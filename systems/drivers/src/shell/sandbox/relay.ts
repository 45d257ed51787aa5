import { spawn } from 'node:child_process';
import { type AddressInfo, connect, createServer } from 'node:net';

/**
 * Runs inside a sandbox, around its program: programs speak to proxies over TCP, and the one thing
 * that leads out is a socket in a folder. Started as `relay SOCKET PROGRAM ARGUMENTS`.
 */
function relay([socket = '', command = '', ...args]: readonly string[]): void {
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect(socket);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1', () => {
    const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
    const env = Object.fromEntries(
      names.flatMap((each) => [
        [each, proxy],
        [each.toLowerCase(), proxy],
      ]),
    );
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...process.env, ...env, NO_PROXY: 'localhost,127.0.0.1,::1', NODE_USE_ENV_PROXY: '1' },
    });
    child.on('error', (error) => {
      console.error(error.message);
      process.exit(127);
    });
    child.on('exit', (code) => process.exit(code ?? 1));
  });
}

relay(process.argv.slice(2));
