module github.com/certbound/certbound/hack/cluster/lifeline

go 1.26.0
