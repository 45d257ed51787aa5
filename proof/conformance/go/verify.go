// Command verify checks a checkpoint and proofs about its log with the libraries of the Go
// project, which share nothing with ours. It reads one JSON object and writes one verdict a line:
// first of the note, then of each claim, "holds" or "refused" and why.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	// LogKey and WitnessKey are verifier keys of types 0x01 and 0x04.
	LogKey     string
	WitnessKey string
	Note       string
	Inclusion  []inclusion
	Consistent []consistent
}

type inclusion struct {
	Index int64
	Entry []byte
	Proof [][]byte
}

type consistent struct {
	Size  int64
	Root  []byte
	Proof [][]byte
}

type head struct {
	size int64
	root tlog.Hash
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	head, err := open(in)
	say(err)
	if err != nil {
		return
	}
	for _, one := range in.Inclusion {
		say(checkInclusion(head, one))
	}
	for _, one := range in.Consistent {
		say(checkConsistent(head, one))
	}
}

func say(err error) {
	if err == nil {
		fmt.Println("holds")
	} else {
		fmt.Println("refused", strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

// open wants the note signed by both keys; lines of other kinds are passed over.
func open(in input) (head, error) {
	log, err := note.NewVerifier(in.LogKey)
	if err != nil {
		return head{}, err
	}
	witness, err := newWitness(in.WitnessKey)
	if err != nil {
		return head{}, err
	}
	opened, err := note.Open([]byte(in.Note), note.VerifierList(log, witness))
	if err != nil {
		return head{}, err
	}
	if len(opened.Sigs) != 2 {
		return head{}, fmt.Errorf("%d of 2 signatures", len(opened.Sigs))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() || lines[3] != "" {
		return head{}, fmt.Errorf("the text is no checkpoint of %s", log.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return head{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return head{size, root}, err
}

func checkInclusion(head head, one inclusion) error {
	proof, err := hashes(one.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, head.size, head.root, one.Index, tlog.RecordHash(one.Entry))
}

func checkConsistent(head head, one consistent) error {
	proof, err := hashes(append(one.Proof, one.Root))
	if err != nil {
		return err
	}
	last := len(proof) - 1
	return tlog.CheckTree(proof[:last], head.size, head.root, one.Size, proof[last])
}

func hashes(given [][]byte) ([]tlog.Hash, error) {
	made := make([]tlog.Hash, len(given))
	for at, bytes := range given {
		if len(bytes) != tlog.HashSize {
			return nil, fmt.Errorf("a hash of %d bytes", len(bytes))
		}
		copy(made[at][:], bytes)
	}
	return made, nil
}

// witness verifies timestamped Ed25519 cosignatures (C2SP tlog-cosignature), which the library
// leaves to its users.
type witness struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
}

func newWitness(key string) (witness, error) {
	parts := strings.SplitN(key, "+", 3)
	if len(parts) != 3 {
		return witness{}, fmt.Errorf("malformed key of a witness")
	}
	bytes, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(bytes) != 33 || bytes[0] != 4 {
		return witness{}, fmt.Errorf("no Ed25519 key of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), bytes...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return witness{}, fmt.Errorf("the id of the key is of another")
	}
	return witness{parts[0], hash, bytes[1:]}, nil
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(w.public, []byte(message), signature[8:])
}
