// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loadgen/engine.h"
#include "loadgen/worker.h"
#include "user/base/clock.h"
#include "user/base/stop.h"
#include "user/base/text.h"
#include "user/model/metrics.h"

#define FILES_BESIDES	 64 /* descriptors that are not connections */
#define FILES_PER_THREAD (4 + SHARD_FILES)
#define HEAD_START_NS	 (2 * NSEC_PER_MSEC) /* for threads to be there when a part begins */
#define STOP_GRACE_NS	 NSEC_PER_SEC
#define LOOK_MS		 100 /* how late a stop or a progress line may be */

struct engine {
	const struct engine_config *config;
	struct plans plans;
	struct worker *workers;
	unsigned int nr_made;
	atomic_bool stop;
	int wake_fd;			    /* readable: look at stop */
	int done_fd;			    /* counts the threads that are through */
	u64 latency_before[HIST_KERNEL_NR]; /* of all threads, when progress was last told */
	double steal_share;
};

struct thread {
	pthread_t id;
	struct engine *engine;
	struct worker *worker;
	const struct part *part;
	int status;
};

/* A descriptor per connection is needed: raises the soft limit, or says what would. */
static int make_room_for_files(const struct engine_config *config, struct err *err)
{
	rlim_t need = config->connections + config->connections / SHARD_CONNECTIONS * SHARD_FILES +
		      FILES_PER_THREAD * config->threads + FILES_BESIDES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max < need)
		return err_set(err, EXIT_ENVIRONMENT,
			       "%u connections need %llu open files, the limit is %llu: use fewer, "
			       "or raise it with 'ulimit -Hn'",
			       config->connections, (unsigned long long)need,
			       (unsigned long long)limit.rlim_max);
	limit.rlim_cur = need;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return err_set(err, EXIT_ENVIRONMENT, "cannot raise the limit of open files (%s)",
			       strerror(errno));
	return 0;
}

static void signal_fd(int fd)
{
	u64 one = 1;

	/* Fails only when the counter is full, and then it is readable already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;

	thread->status = worker_run(thread->worker, thread->part);
	signal_fd(thread->engine->done_fd);
	return NULL;
}

/* Threads start with all signals blocked: the main thread is the one that hears them. */
static int start_threads(struct thread *threads, unsigned int nr, unsigned int *nr_started,
			 struct err *err)
{
	sigset_t all, before;
	int status = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (*nr_started = 0; *nr_started < nr; ++*nr_started) {
		status = pthread_create(&threads[*nr_started].id, NULL, thread_main,
					&threads[*nr_started]);
		if (status)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!status)
		return 0;
	return err_set(err, EXIT_FAILED, "cannot start thread %u (%s): use fewer --threads",
		       *nr_started + 1, strerror(status));
}

/* Quantiles of the answers since the last call. */
static void report_latency(struct engine *engine, struct engine_progress *now)
{
	u64 latency[HIST_KERNEL_NR] = { 0 };
	struct hist recent = { 0 };
	unsigned int i, k;

	for (i = 0; i < engine->config->threads; i++) {
		_Atomic u64 *shown = engine->workers[i].shown.latency;

		for (k = 0; k < HIST_KERNEL_NR; k++)
			latency[k] += atomic_load_explicit(&shown[k], memory_order_relaxed);
	}
	now->p50_ns = HIST_UNKNOWN;
	now->p99_ns = HIST_UNKNOWN;
	if (hist_from_delta(&recent, HIST_KERNEL_SUB_BITS, latency, engine->latency_before, 0, 0) ==
	    0) {
		now->p50_ns = hist_quantile(&recent, 0.5);
		now->p99_ns = hist_quantile(&recent, 0.99);
	}
	hist_free(&recent);
	memcpy(engine->latency_before, latency, sizeof(latency));
}

static void report_progress(struct engine *engine, const struct part *part)
{
	const struct engine_config *config = engine->config;
	u64 now_ns = clock_mono_ns(), planned = part->end_ns - part->start_ns;
	struct engine_progress now = { .warming_up = !part->counts };
	unsigned int i;

	now.elapsed_ns = now_ns > part->start_ns ? now_ns - part->start_ns : 0;
	now.planned_ns = part->end_ns == SCHEDULE_NEVER ? 0 : planned;
	for (i = 0; i < config->threads; i++) {
		const struct worker_shown *shown = &engine->workers[i].shown;

		now.answered += atomic_load_explicit(&shown->answered, memory_order_relaxed);
		now.failed += atomic_load_explicit(&shown->failed, memory_order_relaxed);
		now.in_flight += atomic_load_explicit(&shown->in_flight, memory_order_relaxed);
		now.backlog += atomic_load_explicit(&shown->backlog, memory_order_relaxed);
	}
	report_latency(engine, &now);
	config->progress(&now, config->progress_arg);
}

static void stop_workers(struct engine *engine)
{
	atomic_store(&engine->stop, true);
	signal_fd(engine->wake_fd);
}

/* Waits for @nr threads, passing on a stop and showing progress meanwhile. */
static void watch_threads(struct engine *engine, const struct part *part, unsigned int nr)
{
	const struct engine_config *config = engine->config;
	u64 next_ns = part->start_ns + config->progress_ns, done = 0, more;

	while (done < nr) {
		struct pollfd fd = { .fd = engine->done_fd, .events = POLLIN };

		if (poll(&fd, 1, LOOK_MS) > 0 && read(engine->done_fd, &more, sizeof(more)) > 0)
			done += more;
		if (stop_signal() && !atomic_load(&engine->stop))
			stop_workers(engine);
		if (config->progress && clock_mono_ns() >= next_ns && done < nr) {
			report_progress(engine, part);
			next_ns += config->progress_ns;
		}
	}
}

static int run_part(struct engine *engine, struct part *part, struct err *err)
{
	unsigned int nr = engine->config->threads, nr_started, i;
	struct thread *threads = calloc(nr, sizeof(*threads));
	int status;

	if (!threads)
		return err_set(err, EXIT_FAILED, "out of memory for the threads: use fewer");
	part->start_ns = clock_mono_ns() + HEAD_START_NS;
	if (part->end_ns != SCHEDULE_NEVER)
		part->end_ns += part->start_ns;
	for (i = 0; i < nr; i++)
		threads[i] = (struct thread){ .engine = engine,
					      .worker = &engine->workers[i],
					      .part = part };
	status = start_threads(threads, nr, &nr_started, err);
	if (status)
		stop_workers(engine);
	watch_threads(engine, part, nr_started);
	for (i = 0; i < nr_started; i++) {
		pthread_join(threads[i].id, NULL);
		if (threads[i].status)
			status = err_set(err, EXIT_FAILED,
					 "the load broke off (%s): a lack of "
					 "memory or a bug",
					 strerror(-threads[i].status));
	}
	free(threads);
	return status;
}

/* What stages begin with, for the warm-up before them: some rate, as 0 would be a closed loop. */
static double first_rate(const struct engine_config *config)
{
	double rate = 0;
	size_t i;

	for (i = 0; i < config->nr_stages && rate <= 0; i++)
		rate = config->stages[i].from > 0 ? config->stages[i].from : config->stages[i].to;
	return rate;
}

static struct part make_part(const struct engine_config *config, bool counts)
{
	u64 length_ns = counts ? config->duration_ns : config->warmup_ns;
	struct part part = {
		.end_ns = length_ns ? length_ns : SCHEDULE_NEVER,
		/* The transfers' own timeouts come first: this is for those that libcurl misses. */
		.grace_ns = config->timeout_ns + NSEC_PER_SEC,
		.stop_grace_ns = STOP_GRACE_NS,
		.counts = counts,
	};

	part.schedule = (struct schedule){
		/* Other choices in the warm-up, the same ones in the measured part with or without.
		 */
		.seed = counts ? config->seed : ~config->seed,
		.rate = config->nr_stages ? first_rate(config) : config->rate,
		.mean_requests = config->workload->mean_requests,
		.poisson = config->poisson,
		.stages = counts ? config->stages : NULL,
		.nr_stages = counts ? config->nr_stages : 0,
		.nr_max = counts && config->nr_requests ? config->nr_requests : SCHEDULE_NEVER,
		.end_ns = part.end_ns,
	};
	return part;
}

static int make_workers(struct engine *engine, struct err *err)
{
	const struct engine_config *config = engine->config;
	unsigned int i, share;

	engine->workers = calloc(config->threads, sizeof(*engine->workers));
	if (!engine->workers)
		return err_set(err, EXIT_FAILED, "out of memory for the threads: use fewer");
	for (i = 0; i < config->threads; i++) {
		share = config->connections / config->threads +
			(i < config->connections % config->threads);
		engine->nr_made++;
		if (worker_make(&engine->workers[i], &engine->plans, i, share, &engine->stop,
				engine->wake_fd, err))
			return -1;
	}
	return 0;
}

/* Adds the records of all threads into the first thread's, and those to the endpoints. */
static int publish(struct engine *engine, struct phase *phase)
{
	const struct workload *workload = engine->config->workload;
	struct endpoint *all = phase_add_endpoint(phase, "all"), *endpoint;
	struct record *sum;
	unsigned int i, k;

	if (!all)
		return -ENOMEM;
	for (i = 0; i < workload->nr_targets; i++) {
		sum = &engine->workers[0].records[i];
		for (k = 1; k < engine->config->threads; k++) {
			if (record_merge(sum, &engine->workers[k].records[i]))
				return -ENOMEM;
		}
		endpoint = phase_add_endpoint(phase, workload->targets[i].title);
		if (!endpoint || record_publish(sum, phase->duration_ns, endpoint))
			return -ENOMEM;
		/* The list may have moved. */
		if (metrics_add(ENTITY_ENDPOINT, &phase->endpoints[0], endpoint))
			return -ENOMEM;
	}
	return 0;
}

static void check_thread(const struct worker *w, struct selfcheck *self)
{
	u64 awake_ns = w->punctual.awake_ns < w->cpu_ns ? w->punctual.awake_ns : w->cpu_ns;
	double all = (double)w->ran_ns;

	self->backlog_max += w->backlog_max;
	if (!w->ran_ns)
		return;
	self->cpu_share = fmax(self->cpu_share, (double)(w->cpu_ns - awake_ns) / all);
	self->awake_share = fmax(self->awake_share, (double)awake_ns / all);
	self->wait_share = fmax(self->wait_share, (double)w->runq_wait_ns / all);
}

static void check_self(const struct engine *engine, const struct phase *phase,
		       struct selfcheck *self)
{
	const struct engine_config *config = engine->config;
	const struct endpoint *all = &phase->endpoints[0];
	double seconds = (double)phase->duration_ns / NSEC_PER_SEC;
	unsigned int i;

	*self = (struct selfcheck){
		.lag_p99_ns = hist_quantile(&all->send_lag_ns, 0.99),
		.latency_p50_ns = hist_quantile(&all->latency_uncorrected_ns, 0.5),
		.steal_share = engine->steal_share,
		.not_sent = tally_get(&all->errors, error_class_name(ERROR_NOT_SENT)),
	};
	for (i = 0; i < config->threads; i++)
		check_thread(&engine->workers[i], self);
	if (seconds <= 0)
		return;
	self->sent_rate = (double)(all->attempted - self->not_sent) / seconds;
	if (config->rate > 0 || config->nr_stages)
		self->due_rate = (double)all->attempted / seconds;
}

static void summarise(const struct engine *engine, struct engine_result *result,
		      const struct phase *phase)
{
	unsigned int i;

	*result = (struct engine_result){ .interrupted = stop_signal() != 0 };
	check_self(engine, phase, &result->self);
	for (i = 0; i < engine->config->threads && !result->first_error[0]; i++)
		text_clean(result->first_error, sizeof(result->first_error),
			   engine->workers[i].first_error);
	for (i = 0; i < engine->config->threads; i++) {
		result->sessions_begun += engine->workers[i].sessions_begun;
		result->sessions_finished += engine->workers[i].sessions_finished;
		result->sessions_failed += engine->workers[i].sessions_failed;
	}
}

static int measure(struct engine *engine, struct phase *phase, struct err *err)
{
	struct part part = make_part(engine->config, true);
	u64 cpu_ns = clock_cpu_ns(), end_ns = 0;
	struct cpu_ticks before, after;
	bool ticks = cpu_ticks_read(&before) == 0;
	unsigned int i;

	phase->started_at_ns = clock_real_ns() + HEAD_START_NS;
	for (i = 0; i < engine->config->threads; i++) {
		atomic_store(&engine->workers[i].shown.answered, 0);
		atomic_store(&engine->workers[i].shown.failed, 0);
	}
	if (run_part(engine, &part, err))
		return -1;
	phase->self_cpu_ns = clock_cpu_ns() - cpu_ns;
	phase->self_rss_bytes = process_rss_bytes();
	ticks = ticks && cpu_ticks_read(&after) == 0;
	engine->steal_share = ticks ? cpu_ticks_steal(&before, &after) : -1;
	for (i = 0; i < engine->config->threads; i++) {
		if (engine->workers[i].last_answer_ns > end_ns)
			end_ns = engine->workers[i].last_answer_ns;
	}
	if (part.end_ns != SCHEDULE_NEVER && !stop_signal() && part.end_ns > end_ns &&
	    !engine->config->nr_requests)
		end_ns = part.end_ns;
	phase->duration_ns = end_ns > part.start_ns ? end_ns - part.start_ns : 0;
	return 0;
}

static int run_all(struct engine *engine, struct phase *phase, struct engine_result *result,
		   struct err *err)
{
	struct part warmup = make_part(engine->config, false);

	if (transport_check(&engine->config->transport, engine->config->workload->base,
			    engine->config->keepalive, err) ||
	    plans_make(&engine->plans, engine->config, err) || make_workers(engine, err))
		return -1;
	if (engine->config->warmup_ns && run_part(engine, &warmup, err))
		return -1;
	if (measure(engine, phase, err))
		return -1;
	if (publish(engine, phase))
		return err_set(err, EXIT_FAILED,
			       "out of memory for the result: use fewer "
			       "endpoints");
	summarise(engine, result, phase);
	return 0;
}

int engine_run(const struct engine_config *config, struct phase *phase,
	       struct engine_result *result, struct err *err)
{
	struct engine engine = { .config = config, .wake_fd = -1, .done_fd = -1 };
	unsigned int i;
	int status = -1;

	if (make_room_for_files(config, err))
		return -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return err_set(err, EXIT_FAILED, "libcurl does not start: reinstall it");
	engine.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	engine.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine.wake_fd < 0 || engine.done_fd < 0)
		err_set(err, EXIT_FAILED, "no event descriptor (%s): close some files",
			strerror(errno));
	else
		status = run_all(&engine, phase, result, err);
	for (i = 0; i < engine.nr_made; i++)
		worker_free(&engine.workers[i]);
	free(engine.workers);
	plans_free(&engine.plans);
	if (engine.wake_fd >= 0)
		close(engine.wake_fd);
	if (engine.done_fd >= 0)
		close(engine.done_fd);
	curl_global_cleanup();
	return status;
}
