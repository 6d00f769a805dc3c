// The attributes of pigsty_minio_cluster.
#pragma once

#include "provider/resource/minio_cluster.h"

namespace pigsty::provider {

framework::Attributes<MinioState> minio_attributes();

}  // namespace pigsty::provider
