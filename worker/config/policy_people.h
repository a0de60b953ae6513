/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asked: the teams, those on call, and who is away. */
#ifndef EPILOGUE_CONFIG_POLICY_PEOPLE_H
#define EPILOGUE_CONFIG_POLICY_PEOPLE_H

#include "policy_reader.h"

policy_read policy_people; /* what a struct policy has of people */

#endif
