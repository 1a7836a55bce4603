/*
 * What bytes are, by their own shape. Most of mail is text, and text is what libmagic is slow at,
 * so text is decided here; programs are, too, because libmagic believes two letters ("MZ", a jump
 * byte) where a header can be checked. Everything else is libmagic's answer, with its limits set
 * low. The one folder that knows magic.h.
 *
 * An answer is weak where it rests on so little that innocent data has it by accident: no rule may
 * block on a weak answer alone.
 */
#ifndef LIB_FILETYPE_FILETYPE_H
#define LIB_FILETYPE_FILETYPE_H

#include <stddef.h>

#include "lib/base/err.h"

struct filetype;

/* Loads libmagic's database. Read-only and complete afterwards, so it may be opened before a fork
 * and used in each child; not by two threads. Gives *out. */
enum result filetype_open(struct filetype **out, struct err *err);
void filetype_close(struct filetype **types);

/* A MIME type in lower case, "application/octet-stream" where it isn't known; lent until the next
 * call. *weak is set as described above. Never fails. */
const char *filetype_of(struct filetype *types, const void *bytes, size_t size, int *weak);

/* The type of a program that a system starts by its content: PE and its elders, ELF, Mach-O, Java
 * class, Android's dex, compiled AppleScript, Windows shortcut; each by a header that is checked.
 * NULL if it is none. A constant. */
const char *filetype_program(const void *bytes, size_t size);

/*
 * Types that are this folder's own, as there are none for them, or several:
 *
 *   application/x-ms-shortcut       .lnk
 *   application/x-mswinurl          .url
 *   application/x-ms-shell-command  .scf
 *   application/x-desktop           .desktop that starts something
 *   application/x-setupscript       .inf that installs something
 *   application/x-ms-library        .library-ms
 *   application/x-ms-search         .search-ms and .searchconnector-ms
 *   application/x-ms-settingcontent .settingcontent-ms
 *   application/x-ms-mmc            .msc
 *   application/x-ms-wsf            .wsf
 *   application/x-ms-application-reference  .appref-ms
 *   application/x-rdp               .rdp
 *   application/x-sylk              .slk
 *   application/x-applescript       .scpt
 *   application/vnd.android.dex     .dex
 *   application/hta                 .hta
 *   text/scriptlet                  .sct and .wsc
 *   text/x-ms-encoded-script        .vbe and .jse
 *   text/x-ms-iqy                   .iqy
 *   text/x-ms-regedit               .reg
 *   text/x-msdos-batch              .bat that begins by turning its echo off
 *
 * Scripts of PowerShell, Visual Basic and JavaScript are not among them: they begin as any text
 * does, and their endings must do.
 */

/* The type of bytes that are text throughout the part that is looked at: scripts, markup, PDF and
 * RTF without binary content are told apart; else "text/plain". NULL if they aren't text. A
 * constant. */
const char *filetype_text(const void *bytes, size_t size);

#endif
