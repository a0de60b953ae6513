// SPDX-License-Identifier: Apache-2.0

// epilogue-connect joins Epilogue to the tools people have: Benthos with what the configurations of
// this folder use, and four components of ours (kafka_input.go, kafka_output.go, requests.go, webhook.go).
package main

import (
	"context"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
)

func main() {
	service.RunCLI(context.Background(),
		service.CLIOptSetBinaryName("epilogue-connect"),
		service.CLIOptSetProductName("Epilogue Connect"),
		service.CLIOptSetDocumentationURL("https://epilogue.dev/docs/connect"))
}
