/* SPDX-License-Identifier: Apache-2.0 */
/* Links all of core with nothing but libc: a call that leaves it is a link error here. */
int main(void)
{
    return 0;
}
