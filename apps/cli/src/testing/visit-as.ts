/** A person in a browser signs in at a provider and agrees; where the browser is sent at last. */
export async function visitAs(
  { issuer, login }: { readonly issuer: string; readonly login: string },
  url: string,
): Promise<URL> {
  const cookies = new Map<string, string>();
  let at = new URL(url);
  let form: Record<string, string> | undefined;
  for (let step = 0; step < 12; step += 1) {
    if (at.origin !== issuer) return at;
    const answer = await look(at, cookies, form);
    const location = answer.headers.get('location');
    form = undefined;
    if (location !== null) {
      at = new URL(location, at);
      continue;
    }
    const text = await answer.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
    if (prompt === undefined) throw new Error(`the provider says ${answer.status}: ${text}`);
    form = { prompt, login, password: 'any' };
  }
  throw new Error('the provider comes to no end');
}

async function look(
  at: URL,
  cookies: Map<string, string>,
  form: Record<string, string> | undefined,
): Promise<Response> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const sent = form ? { method: 'POST', body: new URLSearchParams(form) } : {};
  const answer = await fetch(at, { redirect: 'manual', headers: { cookie }, ...sent });
  for (const text of answer.headers.getSetCookie()) {
    const [pair = ''] = text.split(';');
    const [name = '', ...value] = pair.split('=');
    cookies.set(name, value.join('='));
  }
  return answer;
}
