/* SPDX-License-Identifier: Apache-2.0 */
/* What the values of records are called by the systems that send them. */
#ifndef EPILOGUE_CONFIG_POLICY_WORDS_H
#define EPILOGUE_CONFIG_POLICY_WORDS_H

#include "policy_reader.h"

policy_read policy_words_severity; /* what a struct policy has of severities */
policy_read policy_words_status;   /* what it has of statuses */

#endif
