#pragma once
#include <libxml/xmlversion.h>
/* The headers of ICU, which libxml2 converts characters with, clash with those of Foundation. */
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
