/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics, /healthz and /readyz, answered by a thread of their own. */
#ifndef EPILOGUE_HTTP_HTTP_H
#define EPILOGUE_HTTP_HTTP_H

#include "common/error.h"
#include "config/config.h"
#include "engine/metrics.h"

struct http;

/*
 * Listens at `address`; with a NULL host nothing is started and *http is NULL. FATAL, with the
 * sentence that says what to change, when the port is in use or the host is not ours. `metrics`
 * must stay until http_stop.
 */
enum result http_start(const struct listen_address *address, struct metrics *metrics,
                       struct http **http, struct error *error);
/*
 * Whether a worker could listen at `address`: tries it and closes it again. FATAL as http_start's;
 * then *by_worker tells whether what listens there answers as a worker does.
 */
enum result http_check(const struct listen_address *address, bool *by_worker, struct error *error);
/* Closes the port and ends the thread; http_stop(NULL) is safe. */
void http_stop(struct http *http);
/* The port that it listens on: what the system chose where the address said 0. */
int http_port(const struct http *http);

#endif
