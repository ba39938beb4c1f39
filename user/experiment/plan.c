// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/experiment/cpulist.h"
#include "user/experiment/plan.h"
#include "user/experiment/plan_check.h"

#define HOSTS_MAX      64
#define SERVICES_MAX   256
#define PLACEMENTS_MAX 64
#define PHASES_MAX     16
#define TEXT_MAX       4096

#define REQUIRED       CYAML_FLAG_POINTER
#define OPTIONAL       (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(REQUIRED, char, 1, TEXT_MAX),
};

static const cyaml_schema_field_t link_fields[] = {
	CYAML_FIELD_STRING_PTR("delay", OPTIONAL, struct plan_link, delay, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("rate", OPTIONAL, struct plan_link, rate, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t host_fields[] = {
	CYAML_FIELD_STRING_PTR("name", REQUIRED, struct plan_host, name, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("cpus", REQUIRED, struct plan_host, cpus, 1, TEXT_MAX),
	CYAML_FIELD_BOOL_PTR("machine", OPTIONAL, struct plan_host, machine),
	CYAML_FIELD_MAPPING_PTR("link", OPTIONAL, struct plan_host, link, link_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t host_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_host, host_fields),
};

static const cyaml_schema_field_t client_fields[] = {
	CYAML_FIELD_STRING_PTR("cpus", OPTIONAL, struct plan_client, cpus, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t ready_fields[] = {
	CYAML_FIELD_BOOL_PTR("tcp", OPTIONAL, struct plan_ready, tcp),
	CYAML_FIELD_STRING_PTR("http", OPTIONAL, struct plan_ready, http, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("command", OPTIONAL, struct plan_ready, command, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("within", OPTIONAL, struct plan_ready, within, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t container_fields[] = {
	CYAML_FIELD_STRING_PTR("image", OPTIONAL, struct plan_container, image, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("rootfs", OPTIONAL, struct plan_container, rootfs, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("options", OPTIONAL, struct plan_container, options, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("args", OPTIONAL, struct plan_container, args, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t service_fields[] = {
	CYAML_FIELD_STRING_PTR("name", REQUIRED, struct plan_service, name, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("command", OPTIONAL, struct plan_service, command, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("start", OPTIONAL, struct plan_service, start, 1, TEXT_MAX),
	CYAML_FIELD_MAPPING_PTR("container", OPTIONAL, struct plan_service, container,
				container_fields),
	CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct plan_service, port),
	CYAML_FIELD_SEQUENCE_COUNT("env", OPTIONAL, struct plan_service, env, nr_env, &text_value,
				   0, SERVICES_MAX),
	CYAML_FIELD_STRING_PTR("user", OPTIONAL, struct plan_service, user, 1, TEXT_MAX),
	CYAML_FIELD_MAPPING_PTR("ready", OPTIONAL, struct plan_service, ready, ready_fields),
	CYAML_FIELD_STRING_PTR("reset", OPTIONAL, struct plan_service, reset, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("stop", OPTIONAL, struct plan_service, stop, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t service_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_service, service_fields),
};

static const cyaml_schema_field_t group_fields[] = {
	CYAML_FIELD_STRING_PTR("host", REQUIRED, struct plan_group, host, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("services", REQUIRED, struct plan_group, services, nr_services,
				   &text_value, 1, SERVICES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t group_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_group, group_fields),
};

static const cyaml_schema_field_t entry_fields[] = {
	CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct plan_entry, name, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("on", OPTIONAL, struct plan_entry, on, nr_on, &group_value, 1,
				   HOSTS_MAX),
	CYAML_FIELD_STRING_PTR("generate", OPTIONAL, struct plan_entry, generate, 1, TEXT_MAX),
	CYAML_FIELD_UINT_PTR("limit", OPTIONAL, struct plan_entry, limit),
	CYAML_FIELD_UINT_PTR("count", OPTIONAL, struct plan_entry, count),
	CYAML_FIELD_UINT_PTR("seed", OPTIONAL, struct plan_entry, seed),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t entry_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_entry, entry_fields),
};

static const cyaml_schema_field_t load_phase_fields[] = {
	CYAML_FIELD_STRING_PTR("name", REQUIRED, struct plan_load_phase, name, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("workload", OPTIONAL, struct plan_load_phase, workload, 1, TEXT_MAX),
	CYAML_FIELD_FLOAT_PTR("rate", OPTIONAL, struct plan_load_phase, rate),
	CYAML_FIELD_UINT_PTR("connections", OPTIONAL, struct plan_load_phase, connections),
	CYAML_FIELD_STRING_PTR("duration", OPTIONAL, struct plan_load_phase, duration, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t load_phase_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_load_phase, load_phase_fields),
};

static const cyaml_schema_field_t stationary_fields[] = {
	CYAML_FIELD_STRING_PTR("window", OPTIONAL, struct plan_stationary, window, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("within", OPTIONAL, struct plan_stationary, within, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("limit", OPTIONAL, struct plan_stationary, limit, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
	CYAML_FIELD_STRING_PTR("lag", OPTIONAL, struct plan_limits, lag, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("rate", OPTIONAL, struct plan_limits, rate, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("idle", OPTIONAL, struct plan_limits, idle, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("steal", OPTIONAL, struct plan_limits, steal, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("others", OPTIONAL, struct plan_limits, others, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("lost", OPTIONAL, struct plan_limits, lost, 1, TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t load_fields[] = {
	CYAML_FIELD_STRING_PTR("workload", REQUIRED, struct plan_load, workload, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("target", REQUIRED, struct plan_load, target, 1, TEXT_MAX),
	CYAML_FIELD_FLOAT("rate", CYAML_FLAG_DEFAULT, struct plan_load, rate),
	CYAML_FIELD_UINT_PTR("connections", OPTIONAL, struct plan_load, connections),
	CYAML_FIELD_STRING_PTR("warmup", OPTIONAL, struct plan_load, warmup, 1, TEXT_MAX),
	CYAML_FIELD_MAPPING_PTR("stationary", OPTIONAL, struct plan_load, stationary,
				stationary_fields),
	CYAML_FIELD_STRING_PTR("duration", OPTIONAL, struct plan_load, duration, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("drain", OPTIONAL, struct plan_load, drain, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("phases", OPTIONAL, struct plan_load, phases, nr_phases,
				   &load_phase_value, 1, PHASES_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t plan_fields[] = {
	CYAML_FIELD_STRING_PTR("name", REQUIRED, struct plan, name, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("hosts", REQUIRED, struct plan, hosts, nr_hosts, &host_value, 1,
				   HOSTS_MAX),
	CYAML_FIELD_MAPPING_PTR("client", OPTIONAL, struct plan, client, client_fields),
	CYAML_FIELD_STRING_PTR("subnet", OPTIONAL, struct plan, subnet, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("prepare", OPTIONAL, struct plan, prepare, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("services", REQUIRED, struct plan, services, nr_services,
				   &service_value, 1, SERVICES_MAX),
	CYAML_FIELD_SEQUENCE_COUNT("placements", REQUIRED, struct plan, entries, nr_entries,
				   &entry_value, 1, PLACEMENTS_MAX),
	CYAML_FIELD_BOOL_PTR("aa", OPTIONAL, struct plan, aa),
	CYAML_FIELD_UINT_PTR("trials", OPTIONAL, struct plan, trials),
	CYAML_FIELD_UINT_PTR("seed", OPTIONAL, struct plan, seed),
	CYAML_FIELD_UINT_PTR("retries", OPTIONAL, struct plan, retries),
	CYAML_FIELD_MAPPING_PTR("limits", OPTIONAL, struct plan, limits, limits_fields),
	CYAML_FIELD_STRING_PTR("cooldown", OPTIONAL, struct plan, cooldown, 1, TEXT_MAX),
	CYAML_FIELD_MAPPING("load", CYAML_FLAG_DEFAULT, struct plan, load, load_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t plan_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct plan, plan_fields),
};

const cyaml_schema_value_t *plan_schema(void)
{
	return &plan_value;
}

static int user_exists(const char *name)
{
	return getpwnam(name) != NULL;
}

static int file_readable(const char *path)
{
	return access(path, R_OK) == 0;
}

void plan_machine(struct plan_machine *machine)
{
	ssize_t len = readlink("/proc/self/exe", machine->bin, sizeof(machine->bin) - 1);

	/* The directory of the binary; {{bin}} is rarely used, so a failure is left to its users.
	 */
	machine->bin[len > 0 ? len : 0] = '\0';
	if (strrchr(machine->bin, '/'))
		*strrchr(machine->bin, '/') = '\0';
	cpulist_online(&machine->online);
	machine->user_exists = user_exists;
	machine->file_readable = file_readable;
}

void plan_free(struct plan *plan)
{
	unsigned int i;

	if (!plan)
		return;
	for (i = 0; i < plan->nr_placements; i++) {
		free(plan->placements[i].name);
		free(plan->placements[i].host_of);
	}
	for (i = 0; i < plan->nr_phases; i++) {
		free(plan->phases[i].name);
		free(plan->phases[i].workload_path);
	}
	free(plan->placements);
	free(plan->phases);
	free(plan->here);
	free(plan->text);
	config_free(&plan_value, plan);
}

int plan_parse(const char *name, const char *here, const char *text, size_t len,
	       const struct plan_machine *machine, struct plan **plan, struct err *err)
{
	struct config_source source = { .name = name, .text = text, .len = len };
	void *data;

	*plan = NULL;
	if (config_load(&source, &plan_value, &data, err))
		return -1;
	*plan = data;
	(*plan)->here = strdup(here);
	(*plan)->text = malloc(len + 1);
	if ((*plan)->text)
		memcpy((*plan)->text, text, len);
	source.text = (*plan)->text;
	(*plan)->source = source;
	if (!(*plan)->here || !(*plan)->text)
		err_set(err, EXIT_FAILED, "out of memory: free some");
	else if (plan_check(*plan, machine, err) == 0)
		return 0;
	plan_free(*plan);
	*plan = NULL;
	return -1;
}

/* The absolute directory of the file @path, which exists; the caller frees it. */
static char *directory_of(const char *path)
{
	char *real = realpath(path, NULL), *dir = NULL;

	if (real)
		dir = strdup(dirname(real));
	free(real);
	return dir;
}

int plan_load(const char *path, const struct plan_machine *machine, struct plan **plan,
	      struct err *err)
{
	struct buf b;
	int failed = buf_read_file(&b, path, CONFIG_BYTES_MAX), ret = -1;
	char *here = NULL;

	*plan = NULL;
	if (failed == -E2BIG) {
		err_set(err, EXIT_USAGE, "%s is longer than %u bytes: is it an experiment file?",
			path, CONFIG_BYTES_MAX);
		goto out;
	}
	if (!failed)
		here = directory_of(path);
	if (failed || !here) {
		err_set(err, EXIT_USAGE, "cannot read %s: %s: name an experiment file", path,
			strerror(failed ? -failed : errno));
		goto out;
	}
	ret = plan_parse(path, here, b.data, b.len, machine, plan, err);
out:
	free(here);
	buf_free(&b);
	return ret;
}

bool plan_is_machine(const struct plan_host *host)
{
	return host->machine && *host->machine;
}

bool plan_has_aa(const struct plan *plan)
{
	return plan->aa && *plan->aa;
}

unsigned int plan_total_trials(const struct plan *plan)
{
	return plan->nr_trials * plan->nr_placements;
}

size_t plan_family(const struct plan *plan)
{
	size_t nr = plan->nr_placements - (plan_has_aa(plan) ? 1 : 0);

	return nr < 2 ? 1 : KPI_DEFAULTS * nr * (nr - 1) / 2;
}

bool plan_has_placement(const struct plan *plan, const char *name)
{
	unsigned int i;

	for (i = 0; i < plan->nr_placements; i++) {
		if (strcmp(plan->placements[i].name, name) == 0)
			return true;
	}
	return false;
}

int plan_find_host(const struct plan *plan, const char *name)
{
	unsigned int i;

	for (i = 0; i < plan->nr_hosts; i++) {
		if (strcmp(plan->hosts[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

int plan_find_service(const struct plan *plan, const char *name)
{
	unsigned int i;

	for (i = 0; i < plan->nr_services; i++) {
		if (strcmp(plan->services[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

const struct plan_host *plan_host_of(const struct plan *plan, unsigned int placement,
				     unsigned int service)
{
	return &plan->hosts[plan->placements[placement].host_of[service]];
}
