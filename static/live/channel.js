// The short way to a board while a hand moves (ui/live/live_channel.py). One message is on its way at a time, the next has the newest
// values. Where it does not work, `send` says so and the panel goes through the fragment.

const AGAIN = 2000;        // ms before a lost connection is tried again
const channels = new Map();   // by the key of the panel whose sliders drive the board

class Channel {
  constructor() { Object.assign(this, { want: null, flying: false, deaf: false, timer: 0, last: 0, label() {} }); }

  connect(token) {
    if (token === this.token && this.socket?.readyState <= WebSocket.OPEN) return;
    this.close();
    this.token = token;
    this.closed = false;
    const url = new URL('live/lane', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = this.socket = new WebSocket(url, [token]);   // not in the address: those end up in logs
    let wasOpen = false;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => { wasOpen = true; };
    socket.onmessage = ({ data }) => this.hear(data);
    socket.onclose = () => {
      this.flying = false;
      if (wasOpen) setTimeout(() => this.closed || this.connect(token), AGAIN);      // one that was refused is not asked again
    };
  }

  get isOpen() { return this.socket?.readyState === WebSocket.OPEN; }

  /** Put values on the way. `missed()` when they cannot be drawn, `label({key: text})` for the sliders. False: no way here. */
  send(values, throttle, missed, label) {
    if (!this.isOpen) return false;
    Object.assign(this, { want: values, missed, label, deaf: false });
    this.kick(throttle);
    return true;
  }

  kick(throttle = this.throttle) {
    this.throttle = throttle;
    if (this.flying || this.timer || !this.want) return;
    const wait = throttle - (performance.now() - this.last);
    if (wait > 0) { this.timer = setTimeout(() => { this.timer = 0; this.kick(); }, wait); return; }
    this.flying = true;
    this.last = performance.now();
    this.socket.send(JSON.stringify(this.want));
    this.want = null;
  }

  hear(data) {
    this.flying = false;
    if (this.deaf) return;
    if (data.byteLength) this.onPicture(new Uint8Array(data)); else if (!this.want) this.missed();
    this.kick();
  }

  /** The fragment has the word now: what is still on its way comes too late. */
  stop() { this.want = null; this.deaf = true; clearTimeout(this.timer); this.timer = 0; }

  close() { this.closed = true; this.stop(); this.flying = false; this.socket?.close(); }
}

/** The channel from a panel to a board: made, brought up to date, or taken over from the board that was there before. */
export function openChannel(panel, token, board, onPicture) {
  let channel = channels.get(panel);
  if (!channel) channels.set(panel, channel = new Channel());
  Object.assign(channel, { board, onPicture });
  channel.connect(token);
}
export const channelOf = panel => channels.get(panel);
export function closeChannels(board) {
  for (const [panel, channel] of channels) if (channel.board === board) { channel.close(); channels.delete(panel); }
}
