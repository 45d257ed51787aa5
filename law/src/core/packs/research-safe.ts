import { inWorkspace, type Pack, pack } from './pack.ts';

const fetching = (url: string): object => ({ params: { url } });
const writing = (path: string): object => inWorkspace({ path });

/** The policy envelope of whitepaper C.2, with the denials every pack has. */
export const researchSafe: Pack = pack({
  name: 'research-safe-v1',
  summary: 'Read two libraries, write summaries, ask before spending.',
  rules: [
    {
      rule_id: 'read_libraries',
      target: 'net::fetch',
      conditions: {
        allow_domains: ['wikipedia.org', 'arxiv.org'],
        allow_protocols: ['https'],
        rate_limit: '10/minute',
      },
      action: 'ALLOW',
      justification: 'Public libraries.',
      match: [fetching('https://en.wikipedia.org/wiki/Receipt')],
      not_match: [fetching('http://arxiv.org/'), fetching('https://arxiv.org.example.com/')],
    },
    {
      rule_id: 'write_summaries',
      target: 'fs::write',
      conditions: { allow_paths: ['./summaries/*'] },
      action: 'ALLOW',
      justification: 'Where results are wanted.',
      match: [writing('/w/summaries/a.txt')],
      not_match: [writing('/w/a.txt'), writing('/summaries/a.txt')],
    },
    {
      rule_id: 'ask_to_spend',
      target: 'wallet::spend',
      conditions: { max_session_spend: '50' },
      action: 'REQUIRE_APPROVAL',
      justification: 'A person sees what is paid.',
      match: [{ params: { amount: { amount: '5', unit: 'unit' } } }],
    },
  ],
});
