/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * platform/stream.h over lwIP's raw TCP. lwIP's callbacks only record what happened; what follows from it is done by the caller's
 * own calls.
 */
#include "lwip/priv/tcp_priv.h"
#include "net/internal.h"
#include "net/resolve.h"
#include "platform/bytes.h"
#include "platform/format.h"

#define FIRST_RTO_MS 250    /* lwIP starts at 3 s: a lost first segment would cost that */
#define FIRST_PORT   49152u /* RFC 6335 6: dynamic ports */
#define PORTS        16384u
#define PORT_TRIES   16
#define TRY_MS       4000    /* of one of several addresses, at most: a SYN has been sent four times by then */
#define SERVED       4096    /* bytes that a peer has taken of us, and has done so much more than take a connection */
#define CHUNK        0xFFFFu /* lwIP's lengths are 16 bits */
#define LEAST_COPY   64u     /* with all its headers it takes no more memory than an acknowledgement */

enum opening { NOT_OPENING, RESOLVING, CONNECTING };

struct net_stream {
    struct stream stream;    /* first */
    struct network *network; /* NULL when it is closed */
    bool in_use;
    enum opening opening;
    deadline_t open_until; /* an address and an answer to the SYN must have come by then, */
    deadline_t try_until;  /* the latter by then, if the name has more addresses */
    bool by_name;
    struct net_lookup lookup;
    struct net_address to;   /* connected to, */
    uint16_t port;           /* and at which port */
    uint32_t home_name;      /* the first name that was to be connected to: its sum, */
    struct net_address home; /* and where it last answered */
    bool connected, peer_closed;
    struct tcp_pcb *pcb;         /* NULL when not open, or when lwIP has ended it */
    enum status ended;           /* why lwIP ended it */
    struct pbuf *rx, *rx_last;   /* received pbufs, each a link of its own: tot_len is not kept, it could not count this far */
    uint16_t rx_used;            /* bytes of the first one that were handed out */
    size_t queued, acknowledged; /* bytes sent; how many of them the peer has */
    uint32_t owed;               /* bytes handed out that lwIP has not been told of */
};

static struct net_stream streams[NET_STREAMS];

/* ---- lwIP's callbacks ---- */

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct net_stream *s = argument;
    (void)pcb, (void)error;
    s->connected = true;
    return ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct net_stream *s = argument;
    (void)pcb, (void)error;
    if (!data) {
        s->peer_closed = true;
        log_printf(LOG_DEBUG, "TCP: the peer ends its side");
        return ERR_OK;
    }

    *(s->rx ? &s->rx_last->next : &s->rx) = data;
    while (data->next)
        data = data->next;
    s->rx_last = data;
    return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, uint16_t length)
{
    struct net_stream *s = argument;
    (void)pcb;
    s->acknowledged += length;
    return ERR_OK;
}

/* The PCB is gone when this is called. */
static void on_error(void *argument, err_t error)
{
    struct net_stream *s = argument;
    s->pcb = NULL;
    s->ended = error == ERR_RST ? E_STREAM_RESET : error == ERR_CLSD ? E_STREAM_CLOSED : E_STREAM_TIMEOUT;
    log_printf(LOG_DEBUG, "TCP: %s", status_what(s->ended));
}

/* ---- the turn ---- */

/* Tells lwIP how much was handed out, so that the window opens. */
ALWAYS_INLINE void open_window(struct net_stream *s)
{
    while (s->owed && s->pcb) {
        uint16_t part = (uint16_t)smaller_of(s->owed, CHUNK);
        s->owed -= part;
        tcp_recved(s->pcb, part);
    }
}

static void pump_stream(struct stream *stream)
{
    open_window((struct net_stream *)stream);
    net_poll();
}

/* ---- end ---- */

ALWAYS_INLINE void drop_first_received(struct net_stream *s)
{
    struct pbuf *first = s->rx;
    s->rx = first->next;
    s->rx_used = 0;
    first->next = NULL;
    first->tot_len = first->len;
    pbuf_free(first);
}

static void drop_received(struct net_stream *s)
{
    while (s->rx)
        drop_first_received(s);
}

/* lwIP tells the stream nothing more of its PCB, which is from now on lwIP's alone. */
static struct tcp_pcb *forget_pcb(struct net_stream *s)
{
    struct tcp_pcb *pcb = s->pcb;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    s->pcb = NULL;
    return pcb;
}

static void drop_pcb(struct net_stream *s)
{
    if (!s->pcb)
        return;
    log_printf(LOG_DEBUG, "TCP: connection dropped");
    tcp_abort(forget_pcb(s));
}

static void abort_stream(struct stream *stream)
{
    struct net_stream *s = (struct net_stream *)stream;
    drop_pcb(s);
    net_resolve_stop(&s->lookup);
    s->opening = NOT_OPENING;
    drop_received(s);
    s->ended = E_STREAM_CLOSED;
}

void net_streams_abort(const struct network *network, enum status why)
{
    for (unsigned i = 0; i < NET_STREAMS; i++) {
        if (!streams[i].in_use || (network && streams[i].network != network))
            continue;
        if (streams[i].pcb || streams[i].opening != NOT_OPENING) {
            abort_stream(&streams[i].stream);
            streams[i].ended = why;
        }
        drop_received(&streams[i]);
    }
}

void net_streams_orphan(const struct network *network)
{
    for (unsigned i = 0; i < NET_STREAMS; i++) {
        if (streams[i].network == network)
            streams[i].network = NULL;
    }
}

static bool fin_acknowledged(const struct net_stream *s)
{
    return !s->pcb || s->pcb->state == FIN_WAIT_2 || s->pcb->state == TIME_WAIT || s->pcb->state == CLOSED;
}

/* Sends a FIN, and waits until it is acknowledged or `deadline` passes. What still arrives is dropped. */
static bool end_our_side(struct net_stream *s, deadline_t deadline)
{
    bool sent = false;
    while (!deadline_passed(deadline) && s->pcb && !(sent && fin_acknowledged(s))) {
        /* tcp_shutdown() is refused for want of memory only, and then a later try may succeed. */
        if (!sent)
            sent = tcp_shutdown(s->pcb, 0, 1) == ERR_OK;
        pump_stream(&s->stream);
        drop_received(s);
        platform_idle();
    }
    return sent && fin_acknowledged(s);
}

static void close_stream(struct stream *stream, deadline_t deadline)
{
    struct net_stream *s = (struct net_stream *)stream;
    if (s->pcb && s->pcb->state >= ESTABLISHED && end_our_side(s, deadline) && s->pcb) {
        tcp_close(forget_pcb(s)); /* lwIP keeps what is left of it */
        log_printf(LOG_DEBUG, "TCP: connection closed");
    }
    abort_stream(stream);
}

/* ---- connect ---- */

/* A random port of our own: lwIP counts up from a random start, and is easily followed (RFC 6056). */
static err_t bind_random_port(struct tcp_pcb *pcb)
{
    err_t error = ERR_USE;
    for (unsigned i = 0; i < PORT_TRIES && error == ERR_USE; i++)
        error = tcp_bind(pcb, NULL, (uint16_t)(FIRST_PORT + net_random32() % PORTS));
    return error;
}

static enum status open_pcb(struct net_stream *s)
{
    char text[FORMAT_ADDRESS_SIZE];
    net_format_address(&s->to, text);
    log_printf(LOG_DEBUG, "TCP: connecting to %s port %u", text, s->port);
    ip_addr_t to = net_to_lwip(&s->to);
    s->pcb = tcp_new_ip_type(IP_GET_TYPE(&to));
    if (!s->pcb)
        return fail(E_STREAM_MEMORY, "no memory for a connection to %s", text);
    tcp_nagle_disable(s->pcb);
    tcp_arg(s->pcb, s);
    tcp_recv(s->pcb, on_received);
    tcp_sent(s->pcb, on_sent);
    tcp_err(s->pcb, on_error);
    tcp_bind_netif(s->pcb, &s->network->netif); /* with two cards on a link, too, it leaves by this one */
    s->pcb->rto = FIRST_RTO_MS / TCP_SLOW_INTERVAL;
    s->pcb->sv = FIRST_RTO_MS;

    err_t error = IP_IS_V4(&to) && !net_leads_to_ipv4(s->network, ip_2_ip4(&to)) ? ERR_RTE : bind_random_port(s->pcb);
    net_hop_ask(s->network, &to);
    if (error == ERR_OK)
        error = tcp_connect(s->pcb, &to, s->port, on_connected);
    if (error == ERR_OK)
        return OK;

    drop_pcb(s);
    if (error == ERR_RTE)
        return fail(E_UNREACHABLE, "no address or gateway of ours leads to %s", text);
    return fail(E_STREAM_MEMORY, "connection to %s: lwIP error %d", text, error);
}

/* As after a new one: not open, and nothing sent or received. */
static void reset_stream(struct net_stream *s)
{
    drop_pcb(s);
    drop_received(s);
    s->connected = s->peer_closed = false;
    s->queued = s->acknowledged = s->owed = 0;
    s->ended = OK;
}

static enum status connect_stream(struct stream *stream, const char *host, uint16_t port, deadline_t deadline)
{
    struct net_stream *s = (struct net_stream *)stream;
    bool served = s->by_name && s->acknowledged >= SERVED;
    abort_stream(stream);
    reset_stream(s);
    if (!s->network)
        return fail(E_UNREACHABLE, "the network is not started");
    net_wake(s->network);

    s->port = port;
    s->open_until = deadline;
    s->by_name = !net_parse_address(host, &s->to);
    enum status status = s->by_name ? net_resolve_start(&s->lookup, s->network, host, served) : OK;
    if (status == OK)
        s->opening = RESOLVING;
    return status;
}

/* The SYN goes out. An address that is not its name's last has a part of the time, so that a dead one does not take all of it. */
static enum status try_address(struct net_stream *s)
{
    uint64_t now = platform_ticks(), part = s->open_until > now ? (s->open_until - now) / (s->lookup.left + 1u) : 0;
    deadline_t most = deadline_after_ms(TRY_MS);
    s->try_until = s->lookup.left && now + part > most ? most : now + part;
    reset_stream(s);
    s->opening = CONNECTING;
    return open_pcb(s);
}

/* The next of a name's addresses that can be tried at all. Without one, `status` is what became of the last. */
static enum status try_next_address(struct net_stream *s, enum status status)
{
    while (status != OK && !deadline_passed(s->open_until) && net_resolve_next(&s->lookup, &s->to)) {
        log_printf(LOG_INFO, "TCP: %s (%s); trying the next address", status_what(status), failure_detail(status));
        status = try_address(s);
    }
    return status;
}

/* The address is known, or it is not. */
static enum status end_resolving(struct net_stream *s)
{
    if (s->by_name) {
        enum status status = net_resolve_turn(&s->lookup, s->open_until);
        if (status != OK || !s->lookup.done)
            return status;
        (void)net_resolve_next(&s->lookup, &s->to);
    }
    return try_next_address(s, try_address(s));
}

static void note_connected(struct net_stream *s)
{
    log_printf(LOG_DEBUG, "TCP: connected, MSS %u", tcp_mss(s->pcb));
    s->opening = NOT_OPENING;
    if (s->by_name && (s->home_name == 0 || s->home_name == s->lookup.name)) {
        s->home_name = s->lookup.name;
        s->home = s->to;
    }
}

static enum status end_connecting(struct net_stream *s)
{
    if (s->connected && s->pcb) {
        note_connected(s);
        return OK;
    }
    if (s->pcb && !deadline_passed(s->try_until))
        return OK;

    char text[FORMAT_ADDRESS_SIZE];
    net_format_address(&s->to, text);
    return try_next_address(
        s, fail(s->pcb || s->ended != E_STREAM_RESET ? E_CONNECT_TIMEOUT : E_CONNECT_REFUSED, "%s port %u", text, s->port));
}

static enum status opened_stream(struct stream *stream, bool *open)
{
    struct net_stream *s = (struct net_stream *)stream;
    enum status status = OK;

    net_wake(s->network);
    if (s->opening == RESOLVING)
        status = end_resolving(s);
    if (status == OK && s->opening == CONNECTING)
        status = end_connecting(s);
    else if (status == OK && s->opening == NOT_OPENING && !s->connected)
        status = fail(s->ended != OK && s->ended != E_STREAM_CLOSED ? s->ended : E_UNREACHABLE, "nothing is under way");
    if (status != OK)
        abort_stream(stream);
    *open = status == OK && s->opening == NOT_OPENING;
    return status;
}

/* ---- data ---- */

static enum status why_ended(const struct net_stream *s)
{
    if (s->ended == E_STREAM_TIMEOUT)
        return fail(E_STREAM_TIMEOUT, "the peer stopped acknowledging");
    return s->ended == OK ? E_STREAM_CLOSED : s->ended;
}

/* Queues what fits: the queue is longer than its memory, above all when the peer's segments are small, and less may still fit. */
static uint32_t queue_piece(struct net_stream *s, const void *from, uint32_t length, uint8_t flags)
{
    uint32_t least = flags & TCP_WRITE_FLAG_COPY ? LEAST_COPY : tcp_mss(s->pcb);
    net_heap_keep(true);
    while (length && tcp_write(s->pcb, from, (uint16_t)length, flags) != ERR_OK)
        length = length > least ? length / 2 : 0;
    net_heap_keep(false);
    return length;
}

/* The same of one span. */
static size_t queue_span(struct net_stream *s, const struct stream_span *span, bool more)
{
    size_t done = 0;
    for (uint32_t piece = 1; piece && done < span->length; done += piece) {
        size_t rest = span->length - done;
        piece = smaller_of(tcp_sndbuf(s->pcb), rest < CHUNK ? (uint32_t)rest : CHUNK);
        uint8_t flags = span->stable ? 0 : TCP_WRITE_FLAG_COPY;
        if (more || piece < rest)
            flags |= TCP_WRITE_FLAG_MORE;

        piece = queue_piece(s, (const uint8_t *)span->bytes + done, piece, flags);
    }
    return done;
}

static enum status send_stream(struct stream *stream, const struct stream_span *spans, unsigned count, size_t *taken)
{
    struct net_stream *s = (struct net_stream *)stream;
    *taken = 0;
    net_wake(s->network);
    if (!s->pcb)
        return why_ended(s);

    for (unsigned i = 0; i < count; i++) {
        size_t queued = queue_span(s, &spans[i], i + 1 < count);
        *taken += queued;
        if (queued < spans[i].length)
            break;
    }

    s->queued += *taken;
    if (*taken)
        tcp_output(s->pcb);
    return OK;
}

uint16_t net_stream_segment(const struct stream *stream)
{
    const struct net_stream *s = (const struct net_stream *)stream;
    return s->pcb && s->connected ? tcp_mss(s->pcb) : 0;
}

static size_t unacknowledged(struct stream *stream)
{
    const struct net_stream *s = (const struct net_stream *)stream;
    return s->pcb ? s->queued - s->acknowledged : 0;
}

static enum status receive_stream(struct stream *stream, void *to, size_t length, size_t *received)
{
    struct net_stream *s = (struct net_stream *)stream;
    size_t done = 0;
    while (done < length && s->rx) {
        struct pbuf *first = s->rx;
        size_t piece = first->len - s->rx_used;
        if (piece > length - done)
            piece = length - done;
        bytes_copy((uint8_t *)to + done, (const uint8_t *)first->payload + s->rx_used, piece);
        done += piece;
        s->rx_used = (uint16_t)(s->rx_used + piece);
        if (s->rx_used == first->len)
            drop_first_received(s);
    }

    *received = done;
    s->owed += (uint32_t)done;
    if (s->pcb && s->owed >= TCP_WND_MAX(s->pcb) / 8)
        open_window(s);

    if (done || length == 0 || s->rx || (s->pcb && !s->peer_closed))
        return OK;
    return s->pcb || s->peer_closed ? E_STREAM_CLOSED : why_ended(s);
}

/* ---- streams ---- */

static const struct stream_ops operations = {
    .connect = connect_stream,
    .opened = opened_stream,
    .send = send_stream,
    .unsent = unacknowledged,
    .receive = receive_stream,
    .pump = pump_stream,
    .close = close_stream,
    .abort = abort_stream,
};

struct stream *net_stream_new(struct network *network)
{
    for (unsigned i = 0; i < NET_STREAMS; i++) {
        if (streams[i].in_use)
            continue;

        streams[i] = (struct net_stream){{&operations}, network, .in_use = true, .ended = E_STREAM_CLOSED};
        return &streams[i].stream;
    }
    return NULL;
}

void net_stream_free(struct stream *stream)
{
    if (!stream)
        return;
    abort_stream(stream);
    ((struct net_stream *)stream)->in_use = false;
    ((struct net_stream *)stream)->network = NULL;
}

const ip_addr_t *net_stream_remote(const struct stream *stream)
{
    const struct net_stream *s = (const struct net_stream *)stream;
    return s->pcb ? &s->pcb->remote_ip : NULL;
}

void net_named_peer(const struct stream *stream, struct net_address *address)
{
    *address = ((const struct net_stream *)stream)->home;
}

struct network *net_stream_network(const struct stream *stream)
{
    return ((const struct net_stream *)stream)->network;
}
