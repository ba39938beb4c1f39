/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Container names from the engines' APIs: Docker's GET /containers/ID/json over a unix socket,
 * which podman serves too.
 */
#ifndef SITU_ATTRIBUTE_ENGINE_H
#define SITU_ATTRIBUTE_ENGINE_H

#include "user/attribute/cgclass.h"

struct engine;

struct container {
	char *name;    /* as the engine gave it, without the slash in front; not cleaned */
	char *service; /* of a compose file or a swarm; NULL: none */
	char *project; /* the compose project; NULL: none */
};

/*
 * Docker is asked at DOCKER_HOST when that is a unix:// address, else at /var/run/docker.sock;
 * podman at CONTAINER_HOST, else at /run/podman/podman.sock. The environment is read here, once.
 * *@engine is NULL on -ENOMEM.
 */
int engine_open(struct engine **engine);
void engine_close(struct engine *engine); /* NULL is fine */

/*
 * Asks the engines that may know container @id of @runtime into *@container, which the caller
 * frees; below the user manager of @uid (0: none) also that user's own engine. 0; -ENOENT when
 * each answered that it does not know it, or @runtime has no such API; -EAGAIN when one could not
 * be asked now: it is left alone for 1 s, twice as long at each further failure, to 1 min.
 * -ENOMEM.
 */
int engine_ask(struct engine *engine, enum runtime runtime, unsigned int uid, const char *id,
	       struct container *container);
void container_free(struct container *container);

/* Reads the API's answer @json[@len]. 0, -EBADMSG when it is none, -ENOMEM. */
int engine_parse(const char *json, size_t len, struct container *container);

#endif
