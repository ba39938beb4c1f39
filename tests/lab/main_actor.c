// SPDX-License-Identifier: GPL-2.0-only
/*
 * actor [OPTIONS] NAME ADDRESS [PEER=ADDRESS[,fresh]]...
 *
 * Serves HTTP on ADDRESS (A.B.C.D:PORT or /PATH) as NAME until SIGTERM. A request's path is the
 * script of what to do: see script.h. PEERs are the services that scripts call; with "fresh", over
 * a new connection each time.
 *	-m MODEL	threads: one for each connection (default); loop: one epoll loop; pool: a
 *			loop that reads, and threads that are handed the requests
 *	-n THREADS	of the pool (2)
 *	-d FILE		for the step "read": a file or block device
 *	-t FILE		append the truth of each request to it
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/lab/actor.h"
#include "tests/lab/stream.h"

struct options {
	struct actor actor;
	const char *model;
	int threads;
	int listener;
};

static int fail(const char *what)
{
	fprintf(stderr, "actor: ");
	perror(what);
	return 1;
}

static int open_disk(struct actor *actor, const char *path)
{
	actor->disk_fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (actor->disk_fd < 0)
		return fail(path);
	actor->disk_blocks = lseek(actor->disk_fd, 0, SEEK_END) / 4096;
	return actor->disk_blocks > 0 ? 0 : fail(path);
}

static int usage(void)
{
	fprintf(stderr, "usage: actor [-m threads|loop|pool] [-n THREADS] [-d FILE] [-t FILE] "
			"NAME ADDRESS [PEER=ADDRESS[,fresh]]...\n");
	return 2;
}

static int take_option(struct options *options, int option)
{
	switch (option) {
	case 'm':
		options->model = optarg;
		return 0;
	case 'n':
		options->threads = atoi(optarg);
		return 0;
	case 'd':
		return open_disk(&options->actor, optarg);
	case 't':
		return truths_open(&options->actor.truths, optarg) ? fail(optarg) : 0;
	default:
		return usage();
	}
}

static int take_arguments(struct options *options, int argc, char **argv)
{
	if (argc < 2)
		return usage();
	options->actor.name = options->actor.truths.name = argv[0];
	options->listener = stream_listen(argv[1]);
	if (options->listener < 0)
		return fail(argv[1]);
	for (int i = 2; i < argc; i++) {
		if (peers_add(&options->actor.peers, argv[i]))
			return usage();
	}
	return 0;
}

static void *serve(void *arg)
{
	struct options *options = arg;

	if (strcmp(options->model, "loop") == 0)
		serve_loop(&options->actor, options->listener);
	if (strcmp(options->model, "pool") == 0)
		serve_pool(&options->actor, options->listener, options->threads);
	serve_threads(&options->actor, options->listener);
}

/* Every thread that is made later has these, too. */
static void prepare_process(sigset_t *ends)
{
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* a sleep is as long as the script says */
}

int main(int argc, char **argv)
{
	static struct options options = { .model = "threads", .threads = 2 };
	int option, err = 0, signal;
	pthread_t server;
	sigset_t ends;

	options.actor.disk_fd = -1;
	options.actor.started_ns = now_ns();
	pthread_mutex_init(&options.actor.lock, NULL);
	prepare_process(&ends);
	while (!err && (option = getopt(argc, argv, "+m:n:d:t:")) != -1)
		err = take_option(&options, option);
	if (!err)
		err = take_arguments(&options, argc - optind, argv + optind);
	if (err)
		return err;
	if (pthread_create(&server, NULL, serve, &options))
		return fail("thread");
	sigwait(&ends, &signal);
	if (truths_write(&options.actor.truths))
		return fail("truth");
	_exit(0); /* not exit(): the threads go on */
}
