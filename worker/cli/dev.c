/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `epilogue dev`: everything in one process tree, for trying it. librdkafka's embedded broker runs
 * in this process; a private redis-server, the worker, `publish` and `tail` are its children, the
 * same commands that a person would type, and with --connect so are the webhooks of epilogue-connect.
 * All files are in one temporary folder.
 */
#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "cli.h"
#include "common/buf.h"
#include "common/clock.h"
#include "config/config.h"
#include "config/policy_file.h"
#include "kafka/mock_broker.h"
#include "view/terminal.h"

#define PARTITIONS 4
#define START_SECONDS 30 /* for each of the parts to be ready */
#define LAST_SECONDS 2   /* after the story, for what still follows from it */

extern const unsigned char dev_policy[], dev_story[];
extern const size_t dev_policy_size, dev_story_size;

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

struct dev {
    const struct cli *cli;
    char folder[64];
    char program[4096]; /* this executable */
    struct mock_broker *broker;
    pid_t redis, worker, tail, connect;
    int http_port, webhook_port;
    char settings[5][256]; /* "key=value" of every child */
};

static void say(const char *what)
{
    terminal_say(stderr, "epilogue dev: %s", what);
}

static void path_in(const struct dev *dev, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", dev->folder, name);
}

static enum result write_file(const struct dev *dev, const char *name, const void *bytes, size_t n,
                              struct error *error)
{
    char path[128];
    path_in(dev, name, path, sizeof path);
    FILE *f = fopen(path, "w");
    bool written = f && fwrite(bytes, 1, n, f) == n;
    if ((f && fclose(f) != 0) || !written) return error_set(error, FATAL, "cannot write %s", path);
    return OK;
}

/* Sleeps; false when it is time to stop. */
static bool pause_ms(int ms)
{
    for (; ms > 0 && !stop_asked; ms -= 20) clock_sleep(ms < 20 ? ms : 20);
    return !stop_asked;
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, n) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &n) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0) close(fd);
    return port;
}

static bool is_ready(int port)
{
    static const char request[] = "GET /readyz HTTP/1.0\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    char answer[16] = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ready = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 write(fd, request, sizeof request - 1) == sizeof request - 1 &&
                 read(fd, answer, sizeof answer - 1) > 12 && strncmp(answer + 9, "200", 3) == 0;
    if (fd >= 0) close(fd);
    return ready;
}

#define ARGUMENTS_MAX 24

/* Starts one of our own commands with the settings of this tree. */
static pid_t start_command(struct dev *dev, const char *const *words, const char *log_name,
                           struct error *error)
{
    const char *argv[ARGUMENTS_MAX];
    char log_path[128];
    size_t n = 0;
    argv[n++] = dev->program;
    while (*words) argv[n++] = *words++;
    for (size_t i = 0; i < sizeof dev->settings / sizeof *dev->settings; i++) {
        argv[n++] = "-s";
        argv[n++] = dev->settings[i];
    }
    argv[n] = NULL;
    if (log_name) path_in(dev, log_name, log_path, sizeof log_path);
    return child_start(argv, log_name ? log_path : NULL, error);
}

/* The end of a child's log, for a person who has to know why it did not work. */
static void show_log(const struct dev *dev, const char *name)
{
    char path[128], line[1000];
    path_in(dev, name, path, sizeof path);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) terminal_write(stderr, str_of(line), false);
    if (f) fclose(f);
}

static enum result start_redis(struct dev *dev, struct error *error)
{
    char socket_path[128];
    path_in(dev, "redis.sock", socket_path, sizeof socket_path);
    const char *argv[] = {
        "redis-server", "--port", "0", "--unixsocket", socket_path, "--dir",
        dev->folder,    "--save", "",  "--appendonly", "no",        "--maxmemory-policy",
        "noeviction",   NULL};
    char log_path[128];
    path_in(dev, "redis.log", log_path, sizeof log_path);
    dev->redis = child_start(argv, log_path, error);
    if (!dev->redis)
        return error_set(error, FATAL,
                         "redis-server cannot be started: install it, for example "
                         "with: apt-get install redis-server");
    for (int i = 0; i < START_SECONDS * 50 && access(socket_path, F_OK) != 0; i++)
        if (!pause_ms(20)) return ABORT;
    return OK;
}

static enum result start_worker(struct dev *dev, struct error *error)
{
    char listen[64];
    dev->http_port = free_port();
    snprintf(listen, sizeof listen, "http.listen=127.0.0.1:%d", dev->http_port);
    /* The embedded broker does not tell the settings of its topics. */
    const char *words[] = {"worker", "-s", listen, "-s", "topics.check=false", NULL};
    dev->worker = start_command(dev, words, "worker.log", error);
    if (!dev->worker) return FATAL;
    for (int i = 0; i < START_SECONDS * 50; i++) {
        if (is_ready(dev->http_port)) return OK;
        if (!child_is_alive(dev->worker)) {
            dev->worker = 0;
            break;
        }
        if (!pause_ms(20)) return ABORT;
    }
    show_log(dev, "worker.log");
    return error_set(error, FATAL, "the worker did not become ready; see its log above");
}

static enum result prepare(struct dev *dev, struct error *error)
{
    ssize_t n = readlink("/proc/self/exe", dev->program, sizeof dev->program - 1);
    if (n <= 0)
        return error_set(error, FATAL, "cannot find this program itself: is /proc mounted?");
    const char *temporary = getenv("TMPDIR");
    snprintf(dev->folder, sizeof dev->folder, "%.40s/epilogue-dev-XXXXXX",
             temporary && strlen(temporary) <= 40 ? temporary : "/tmp");
    if (!mkdtemp(dev->folder)) {
        dev->folder[0] = 0;
        return error_set(error, FATAL, "cannot make a temporary folder");
    }
    return OK;
}

#define CONNECT_RUN "deploy/connect/run"
#define CONNECT_PROGRAM "build/connect/epilogue-connect"

/* Before anything is started: what it takes is in the folder that this was built from. */
static enum result try_connect(const struct dev *dev, struct error *error)
{
    if (!cli_value(dev->cli, "connect")) return OK;
    if (!cli_value(dev->cli, "serve")) return error_usage(error, "--connect needs --serve");
    if (access(CONNECT_RUN, X_OK) != 0)
        return error_usage(error, "--connect needs %s: run it in the folder of the repository",
                           CONNECT_RUN);
    if (access(CONNECT_PROGRAM, X_OK) != 0)
        return error_usage(error, "--connect needs %s, which deploy/connect/build --no-test makes",
                           CONNECT_PROGRAM);
    return OK;
}

static bool is_listening(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listening = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) close(fd);
    return listening;
}

/* All sources, on a port of this machine alone, where nobody has to show that they know a secret. */
static enum result start_connect(struct dev *dev, struct error *error)
{
    if (!cli_value(dev->cli, "connect")) return OK;
    char listen[64], status[64], log_path[128];
    dev->webhook_port = free_port();
    snprintf(listen, sizeof listen, "127.0.0.1:%d", dev->webhook_port);
    snprintf(status, sizeof status, "127.0.0.1:%d", free_port());
    path_in(dev, "connect.log", log_path, sizeof log_path);
    setenv("KAFKA_BOOTSTRAP_SERVERS", mock_broker_bootstrap(dev->broker), 1);
    setenv("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", 1);
    setenv("KAFKA_VERSION", "2.3", 1); /* as much as the embedded broker speaks */
    setenv("CONNECT_UNCHECKED", "yes", 1);
    setenv("CONNECT_LISTEN", listen, 1);
    setenv("CONNECT_STATUS_LISTEN", status, 1);
    unsetenv("CONNECT_TLS_CERTIFICATE");
    unsetenv("CONNECT_TLS_KEY");
    const char *argv[] = {CONNECT_RUN, "sources", NULL};
    dev->connect = child_start(argv, log_path, error);
    if (!dev->connect) return FATAL;
    for (int i = 0; i < START_SECONDS * 50; i++) {
        if (is_listening(dev->webhook_port)) return OK;
        if (!child_is_alive(dev->connect)) {
            dev->connect = 0;
            break;
        }
        if (!pause_ms(20)) return ABORT;
    }
    show_log(dev, "connect.log");
    return error_set(error, FATAL, "epilogue-connect did not start; see its log above");
}

/* Before anything is started: the worker would only end, and its exit code is not ours. */
static enum result try_policy(const struct dev *dev, struct error *error)
{
    const char *file = cli_value(dev->cli, "policy");
    struct policy policy;
    struct arena *arena = arena_new();
    enum result result = file ? policy_file_load(file, arena, &policy, error) : OK;
    arena_free(arena);
    return result;
}

static enum result start(struct dev *dev, struct error *error)
{
    enum result result = try_connect(dev, error);
    if (result == OK) result = try_policy(dev, error);
    if (result == OK) result = prepare(dev, error);
    if (result == OK) result = write_file(dev, "policy.json", dev_policy, dev_policy_size, error);
    if (result != OK) return result;
    dev->broker = mock_broker_start(dev->cli->config, PARTITIONS, error);
    if (!dev->broker) return FATAL;
    const char *policy = cli_value(dev->cli, "policy");
    int i = 0;
#define SETTING(...) snprintf(dev->settings[i++], sizeof dev->settings[0], __VA_ARGS__)
    SETTING("kafka.bootstrap.servers=%s", mock_broker_bootstrap(dev->broker));
    SETTING("redis.url=unix:%s/redis.sock", dev->folder);
    if (policy)
        SETTING("policy.file=%s", policy);
    else
        SETTING("policy.file=%s/policy.json", dev->folder);
    SETTING("group.id=epilogue-dev");
    SETTING("instance.id=dev");
#undef SETTING
    say("starting an embedded broker, a private Redis and a worker");
    result = start_redis(dev, error);
    if (result == OK) result = start_worker(dev, error);
    if (result == OK) result = start_connect(dev, error);
    if (result != OK) return result;
    const char *tail[] = {"tail", "--from-beginning", NULL};
    dev->tail = start_command(dev, tail, NULL, error);
    return dev->tail ? OK : FATAL;
}

static enum result publish(struct dev *dev, struct str lines, struct error *error)
{
    if (!lines.n) return OK;
    enum result result = write_file(dev, "step.jsonl", lines.p, lines.n, error);
    if (result != OK) return result;
    char path[128];
    path_in(dev, "step.jsonl", path, sizeof path);
    /* Not validated: the story has a publisher's mistake in it, which the worker has to refuse. */
    const char *words[] = {"publish", "--no-validate", path, NULL};
    pid_t pid = start_command(dev, words, "publish.log", error);
    if (!pid) return FATAL;
    if (child_wait(pid) == EXIT_DONE) return OK;
    show_log(dev, "publish.log");
    return error_set(error, FATAL,
                     "the sample events could not be published; see the reason above");
}

/* Plays the story: its records step by step, the waits between them. */
static enum result play(struct dev *dev, struct error *error)
{
    static const char wait[] = "# wait ";
    const char *at = (const char *)dev_story, *end = at + dev_story_size;
    enum result result = OK;
    struct buf step = {0};
    while (at < end && result == OK && !stop_asked) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        if (n > sizeof wait && memcmp(at, wait, sizeof wait - 1) == 0) {
            result = publish(dev, buf_slice(&step), error);
            step.n = 0;
            pause_ms((int)strtol(at + sizeof wait - 1, NULL, 10) * 1000);
        } else if (*at != '#') {
            buf_add(&step, at, n);
        }
        at += n;
    }
    if (result == OK && !stop_asked) result = publish(dev, buf_slice(&step), error);
    buf_free(&step);
    return result;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static void stop(struct dev *dev)
{
    child_stop(dev->connect, SIGTERM);
    child_stop(dev->tail, SIGTERM);
    child_stop(dev->worker, SIGTERM);
    child_stop(dev->redis, SIGTERM);
    mock_broker_free(dev->broker);
    if (dev->folder[0]) nftw(dev->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static enum result serve(struct dev *dev, struct error *error)
{
    struct buf out = {0};
    buf_printf(&out,
               "epilogue dev: serving until Ctrl-C\n"
               "  bootstrap servers  %s\n"
               "  redis              unix:%s/redis.sock\n"
               "  metrics            http://127.0.0.1:%d/metrics\n"
               "and for other commands, such as list, show INC-1042 or publish FILE, the options\n"
               "  -s kafka.bootstrap.servers=%s -s redis.url=unix:%s/redis.sock "
               "-s group.id=epilogue-dev\n",
               mock_broker_bootstrap(dev->broker), dev->folder, dev->http_port,
               mock_broker_bootstrap(dev->broker), dev->folder);
    if (dev->connect)
        buf_printf(&out,
                   "webhooks come in without any signature, at "
                   "http://127.0.0.1:%d/webhooks/<system>, for example\n"
                   "  curl -d @deploy/connect/sources/examples/pagerduty-resolved.json "
                   "http://127.0.0.1:%d/webhooks/pagerduty\n",
                   dev->webhook_port, dev->webhook_port);
    terminal_write(stderr, buf_slice(&out), false);
    buf_free(&out);
    while (pause_ms(200)) {
        if (!child_is_alive(dev->worker)) {
            dev->worker = 0;
            show_log(dev, "worker.log");
            return error_set(error, FATAL, "the worker has exited; see its log above");
        }
        if (dev->connect && !child_is_alive(dev->connect)) {
            dev->connect = 0;
            show_log(dev, "connect.log");
            return error_set(error, FATAL, "epilogue-connect has exited; see its log above");
        }
    }
    return OK;
}

static int dev_run(const struct cli *cli)
{
    struct dev dev = {.cli = cli};
    struct error error;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    enum result result = start(&dev, &error);
    if (result == OK) {
        say("incidents are being closed; what follows from them comes out here");
        result = play(&dev, &error);
    }
    if (result == OK && !stop_asked) {
        if (cli_value(cli, "serve"))
            result = serve(&dev, &error);
        else if (pause_ms(LAST_SECONDS * 1000))
            say("that was the story; --serve keeps everything running for your own events");
    }
    stop(&dev);
    if (result == FATAL) return cli_error(&error);
    return EXIT_DONE;
}

static const struct cli_option dev_options[] = {
    {"serve", NULL, "keep running after the sample incidents, until Ctrl-C"},
    {"connect", NULL, "with --serve: take webhooks too, by build/connect/epilogue-connect"},
    {"policy", "FILE", "another policy than the one whose days are seconds"},
    {0},
};

const struct command command_dev = {
    .name = "dev",
    .summary = "everything in one process tree, for trying it",
    .details =
        "An embedded broker, a private Redis, the topics, a worker and sample incidents, with\n"
        "a policy whose days are seconds. Prints what comes out and leaves nothing behind.\n"
        "The embedded broker is for trying only: no guarantee holds on it.",
    .options = dev_options,
    .run = dev_run,
};
