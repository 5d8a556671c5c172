#pragma once
#include <libxml/xmlversion.h>
/* Debian's libxml2 pulls ICU's headers in, which clash with those inside Swift's Foundation. They
   show only in the character encoding handler, which nothing here looks into. */
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
