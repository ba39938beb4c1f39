// SPDX-License-Identifier: GPL-2.0-only
#include "user/export/export.h"

const char export_schema_text[] =
#include "user/export/schema.json.h"
	;
