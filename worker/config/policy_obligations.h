/* SPDX-License-Identifier: Apache-2.0 */
/* What has to be submitted to others, and by when. */
#ifndef EPILOGUE_CONFIG_POLICY_OBLIGATIONS_H
#define EPILOGUE_CONFIG_POLICY_OBLIGATIONS_H

#include "policy_reader.h"

policy_read policy_obligations; /* the obligations of a struct policy */

#endif
