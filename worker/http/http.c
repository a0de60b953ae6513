/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP thread, on libmicrohttpd. It reads only what the engine leaves for it in atomics, so no
 * request can hold up the loop, and a loop that is stuck is still told.
 */
#include "http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text.h"
#include "engine/watchdog.h"

#define CONNECTIONS_MAX 32
#define CONNECTION_TIMEOUT_S 10
#define BACKLOG 16

struct http {
    struct MHD_Daemon *daemon;
    struct metrics *metrics;
    int port;
};

#define PLAIN "text/plain; charset=utf-8"
#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              struct str body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, (void *)body.p, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_metrics(struct http *http, struct MHD_Connection *connection)
{
    struct buf out = {0};
    metrics_write(http->metrics, &out);
    enum MHD_Result result = answer(connection, MHD_HTTP_OK, PROMETHEUS, buf_slice(&out));
    buf_free(&out);
    return result;
}

#define DOES_NOT_MOVE "the main loop is stalled"

static enum MHD_Result answer_ready(struct http *http, struct MHD_Connection *connection)
{
    const char *reason = metrics_not_ready(http->metrics);
    if (!reason && !watchdog_moving()) reason = DOES_NOT_MOVE;
    if (!reason) return answer(connection, MHD_HTTP_OK, PLAIN, STR("ready\n"));
    struct buf out = {0};
    text_show(&out, str_of(reason));
    buf_char(&out, '\n');
    enum MHD_Result result =
        answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN, buf_slice(&out));
    buf_free(&out);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static char seen;
    struct http *http = context;
    (void)version;
    (void)upload;
    /* The first call comes with the headers; answering waits for the whole request, so that a
     * client that sends a body does not meet a closed connection. */
    if (!*state) {
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN, STR("GET or HEAD only\n"));
    if (strcmp(url, "/metrics") == 0) return answer_metrics(http, connection);
    if (strcmp(url, "/readyz") == 0) return answer_ready(http, connection);
    if (strcmp(url, "/healthz") == 0)
        return watchdog_moving() ? answer(connection, MHD_HTTP_OK, PLAIN, STR("ok\n"))
                                 : answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, PLAIN,
                                          STR(DOES_NOT_MOVE "\n"));
    return answer(connection, MHD_HTTP_NOT_FOUND, PLAIN, STR("/metrics /healthz /readyz\n"));
}

/* A listening socket of the first address that works; -1 with errno of the last that did not. */
static int listen_at(const struct addrinfo *at)
{
    for (; at; at = at->ai_next) {
        int yes = 1;
        int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
        int why = errno;
        close(fd);
        errno = why;
    }
    return -1;
}

static enum result open_socket(const struct listen_address *address, int *fd, struct error *error)
{
    char port[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    snprintf(port, sizeof port, "%d", address->port);
    /* An empty host, or `*`, is every address of the machine. */
    const char *host = *address->host && strcmp(address->host, "*") != 0 ? address->host : NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed == EAI_NONAME)
        return error_usage(error, "http.listen: %s is not an address of this machine: %s",
                           address->host, gai_strerror(failed));
    if (failed)
        return error_set(error, FATAL, "http.listen: cannot resolve %s: %s", address->host,
                         gai_strerror(failed));
    *fd = listen_at(found);
    int why = errno;
    freeaddrinfo(found);
    if (*fd >= 0) return OK;
    if (why == EADDRINUSE)
        return error_set(error, FATAL,
                         "http.listen: port %d at %s is in use, perhaps by another worker that "
                         "runs here: give each its own port, or http.listen=off",
                         address->port, address->host);
    return error_set(error, FATAL, "http.listen: cannot listen at %s port %d: %s", address->host,
                     address->port, strerror(why));
}

static int port_of(int fd)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    char port[16] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &size) == 0)
        getnameinfo((struct sockaddr *)&at, size, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    return atoi(port);
}

/* Whether what answers at an address says that it is a worker. */
static bool is_worker(const struct listen_address *address)
{
    static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    struct timeval wait = {.tv_sec = 1};
    char port[16], answer[16384];
    size_t n = 0;
    ssize_t got = 1;
    snprintf(port, sizeof port, "%d", address->port);
    const char *host = *address->host && strcmp(address->host, "*") != 0 ? address->host : NULL;
    if (getaddrinfo(host, port, &hints, &found)) return false;
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1)
        while (n + 1 < sizeof answer && (got = read(fd, answer + n, sizeof answer - 1 - n)) > 0)
            n += (size_t)got;
    answer[n] = 0;
    if (fd >= 0) close(fd);
    freeaddrinfo(found);
    return strstr(answer, "epilogue_") != NULL;
}

enum result http_check(const struct listen_address *address, bool *by_worker, struct error *error)
{
    int fd = -1;
    *by_worker = false;
    if (!address->host) return OK;
    enum result result = open_socket(address, &fd, error);
    if (result == OK)
        close(fd);
    else
        *by_worker = is_worker(address);
    return result;
}

enum result http_start(const struct listen_address *address, struct metrics *metrics,
                       struct http **http, struct error *error)
{
    int fd = -1;
    *http = NULL;
    if (!address->host) return OK;
    enum result result = open_socket(address, &fd, error);
    if (result) return result;
    struct http *h = calloc(1, sizeof *h);
    if (!h) abort();
    h->metrics = metrics;
    h->port = port_of(fd);
    h->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, handle, h,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_END);
    if (!h->daemon) {
        close(fd);
        free(h);
        return error_set(error, FATAL, "http.listen: the HTTP server could not be started: %s",
                         strerror(errno));
    }
    *http = h;
    return OK;
}

void http_stop(struct http *http)
{
    if (!http) return;
    MHD_stop_daemon(http->daemon); /* closes the socket */
    free(http);
}

int http_port(const struct http *http)
{
    return http->port;
}
