//! Label packs: reviewed statements about the tools of servers that people use.
