/** An ActionRequest of 967 bytes: an agent that checks out a shopping cart, as it comes in. */
export const sampleRequest = {
  target: 'net::fetch',
  params: {
    url: 'https://api.shop.example/v2/carts/8812/checkout?currency=EUR',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'idempotency-key': '6f1c2f0e-9a0b-4d9f-8f57-0d2a3c1b4e5f',
    },
    amount: { amount: '34.60', unit: 'EUR' },
    body: {
      items: [
        {
          sku: 'B00EXAMPLE',
          title: 'Notebook, ruled \u2014 200 pages',
          quantity: 2,
          price: { amount: '12.50', unit: 'EUR' },
        },
        {
          sku: 'B00OTHER',
          title: 'Pencil "HB", box of twelve, softer',
          quantity: 1,
          price: { amount: '9.60', unit: 'EUR' },
        },
      ],
      shipping: {
        name: 'Ada Lovelace',
        street: '12 St James Square',
        city: 'London',
        country: 'GB',
        express: false,
        weight_kg: 0.75,
      },
      coupon: null,
      note: 'Leave it with the neighbour at number nine, please.\nThank you.',
    },
  },
  context: {
    agent_id: 'agent://0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f/shopper',
    session_id: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    window_id: '42',
  },
  nonce: '18446744073709551615',
};
