// A short life of an application with Cronofy's client for Node: it takes what it needs as JSON, and prints what it saw.
const path = require('node:path');
const Cronofy = require(path.join(process.env.CRONOFY_NODE_MODULES, 'cronofy'));

const given = JSON.parse(process.argv[2]);
const client = new Cronofy({
  client_id: given.client_id, client_secret: given.client_secret,
  access_token: given.access_token, refresh_token: given.refresh_token,
});
client.urls.api = given.url; // the one setting that moves an application

const refused = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { status: error.statusCode, errors: error.error?.entity?.errors ?? null };
  }
};

const read = async (more = {}) => {
  const asked = { tzid: 'Etc/UTC', include_managed: true, ...more };
  let page = await client.readEvents(asked);
  const events = [...page.events];
  let pages = 1;
  while (page.pages.next_page) {
    page = await client.readEvents({ next_page: page.pages.next_page });
    events.push(...page.events);
    pages += 1;
  }
  return { events, pages };
};

const until = async (holds) => {
  const end = Date.now() + 60_000;
  for (;;) {
    const { events } = await read();
    const found = holds(events);
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${JSON.stringify(events)}`);
    await new Promise((done) => setTimeout(done, 40));
  }
};

const joined = (name) => (events) =>
  events.find((one) => one.event_id === name && one.conferencing?.join_url);

const life = async () => {
  const saw = {};
  const { calendars } = await client.listCalendars();
  const calendar_id = calendars.find((one) => one.calendar_primary).calendar_id;
  saw.account = (await client.accountInformation()).account.email;
  saw.profiles = (await client.profileInformation()).profiles.length;

  const event = { calendar_id, ...given.event };
  saw.created = await client.createEvent({ ...event, conferencing: { profile_id: 'default' } });
  const first = await until(joined(event.event_id));
  saw.conferencing = first.conferencing;
  await client.createEvent({ ...event, start: given.later.start, end: given.later.end });
  const moved = await until((events) => events.find((one) => one.start === given.later.start));
  saw.kept = moved.conferencing?.join_url === first.conferencing.join_url;
  saw.own = (await client.readEvents({ tzid: 'Etc/UTC' })).events.filter((one) => one.event_id).length;
  saw.wrong = await refused(client.createEvent({ ...event, summary: '', conferencing: { profile_id: 'x' } }));

  const { channel } = await client.createNotificationChannel({ callback_url: given.hook });
  saw.channels = (await client.listNotificationChannels()).channels.map((one) => one.channel_id === channel.channel_id);
  await client.deleteNotificationChannel({ channel_id: channel.channel_id });

  const back = 'https://app.example.com/back?a=b';
  const asked = await client.conferencingServiceAuthorizations({ redirect_uri: back, provider_name: 'zoom' });
  saw.page = asked.authorization_request.url.startsWith(`${given.url}/`);
  saw.conferencing_profiles = (await client.userInfo())['cronofy.data'].conferencing_profiles;

  const batch = Array.from({ length: 50 }, (_, number) => ({
    method: 'POST', relative_url: `/v1/calendars/${calendar_id}/events`,
    data: { ...given.event, event_id: `many ${number}`, summary: `many ${number}` },
  }));
  saw.batch = [...new Set((await client.batch({ batch })).batch.map((one) => one.status))];
  saw.pages = await read({ only_managed: true });
  saw.pages = [saw.pages.pages, saw.pages.events.length];
  await client.deleteEvent({ calendar_id, event_id: event.event_id });
  await client.bulkDeleteEvents({ calendar_ids: [calendar_id] });
  await until((events) => events.every((one) => !one.event_id));

  saw.hmac = client.hmacValid({ hmac: given.signed.signature, body: given.signed.body });
  const before = client.config.access_token;
  await client.refreshAccessToken();
  saw.refreshed = client.config.access_token !== before && client.config.refresh_token === given.refresh_token;
  await client.revokeAuthorization();
  saw.gone = await refused(client.userInfo());
  return saw;
};

life().then(
  (saw) => console.log(JSON.stringify(saw)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
